//! Before anything runs: the configuration is read, and held against the profile and the catalog.

use std::{collections::BTreeMap, ffi::OsStr, path::Path, sync::Arc};

use super::projects;
use criterion::Criterion;
use gonogo::{
    capabilities::{host, search_path::SearchPath},
    catalog::{Catalog, Found},
    config, plan, profile,
    runtime::Runtime,
};

fn catalog(project: &Path) -> Catalog {
    let runtime = Runtime::new(None);
    let search_path = SearchPath::new(OsStr::new("/usr/bin"), project);
    let surroundings = host::Surroundings {
        project: project.into(),
        search_path,
        variables: Arc::new(BTreeMap::new()),
        tables: Arc::default(),
    };
    let mut catalog = Catalog::default();
    for found in Found::built_in() {
        let description = runtime.description(&found, &surroundings, || {}).unwrap();
        catalog.plugins.insert(found.name.clone(), found.described(description));
    }
    catalog
}

/// The group.
pub fn plan(criterion: &mut Criterion) {
    let path = Path::new("gonogo.toml");
    let text = projects::configuration();
    let surroundings = plan::Surroundings { project: "/".into(), variables: BTreeMap::new() };
    let catalog = catalog(&surroundings.project);
    let training = profile::training().unwrap();
    let config = config::parse(path, &text).unwrap();
    let selection = plan::Selection { only: vec!["site.*".to_owned()], skip: Vec::new() };

    let mut group = criterion.benchmark_group("plan");
    group.bench_function("parse-500-items", |bencher| bencher.iter(|| config::parse(path, &text).unwrap()));
    group.bench_function("plan-500-items", |bencher| {
        bencher.iter(|| {
            let plan = plan::plan(&surroundings, &config, &training, &catalog, &selection).unwrap();
            assert_eq!(plan.items.len(), projects::MANY);
            plan
        });
    });
    group.finish();
}
