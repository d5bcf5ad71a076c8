//! One query: what SQL may say, where its memory and disk space come from, and when it ends.

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    time::Instant,
};

use datafusion::{
    error::DataFusionError,
    execution::{
        SessionStateDefaults,
        context::{SQLOptions, SessionContext},
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::MemoryPool,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
        session_state::{SessionState, SessionStateBuilder},
    },
    logical_expr::ScalarUDF,
    prelude::SessionConfig,
    sql::{parser::Statement, sqlparser::ast},
};
use futures::StreamExt;
use tokio::runtime::{Builder, Runtime};

use super::{cells::Taken, functions, scan::Scan, temporary, text::parallel};
use crate::{
    capabilities::{dataset::answer::Answer, files::Scratch},
    domain::{Attributes, Error, Value, limits::DATASET_SPILL_BYTES, text},
};

/// Longest query: one that names 2,000 columns takes 50 KiB.
const MOST_SQL: usize = 256 << 10;

/// Rows of an answer where nobody says how many.
const ROWS: usize = 10_000;

/// Most rows of an answer.
const MOST_ROWS: usize = 100_000;

/// Stack of the threads that plan and run. Deep expressions get more as they need it.
const STACK: usize = 8 << 20;

/// Functions of the engine that are left out: a few bytes of SQL would make gigabytes that no pool counts.
const LEFT_OUT: [&str; 3] = ["repeat", "lpad", "rpad"];

/// The most rows that an answer may have.
pub fn most_rows(options: &Attributes) -> Result<usize, Error> {
    let mut most = ROWS;
    for (name, value) in &options.0 {
        most = match (name.as_str(), value) {
            ("rows-maximum", Value::Integer(rows)) => match usize::try_from(*rows) {
                Ok(rows @ 1..=MOST_ROWS) => rows,
                _ => {
                    return Err(Error::Limit(format!(
                        "{rows} rows were asked for, and {MOST_ROWS} are the most"
                    )));
                }
            },
            ("rows-maximum", _) => {
                return Err(Error::Unsupported(
                    "the option 'rows-maximum' of a query wants an integer".to_owned(),
                ));
            }
            _ => return Err(Error::Unsupported(format!("a query has no option '{name}'"))),
        };
    }
    Ok(most)
}

/// Refuses what takes long to read already.
pub fn check_length(sql: &str) -> Result<(), Error> {
    match sql.len() <= MOST_SQL {
        true => Ok(()),
        false => Err(Error::Limit(format!("a query of {} bytes, and {MOST_SQL} are the most", sql.len()))),
    }
}

/// What queries of one job run on.
pub struct Running {
    /// Taken out when it ends.
    runtime: Option<Runtime>,
    environment: Arc<RuntimeEnv>,
    /// Removed with what is in it.
    _spill: Option<Scratch>,
}

impl Running {
    pub fn start(pool: Arc<dyn MemoryPool>) -> Result<Self, Error> {
        // Where there is no room to spill, queries that would need it say so.
        let spill = temporary::directory("spill");
        let spill = spill.inspect_err(|error| tracing::warn!("queries cannot spill to disk: {error}")).ok();
        let (mode, spill) = match spill {
            Some((path, spill)) => (DiskManagerMode::Directories(vec![path]), Some(spill)),
            None => (DiskManagerMode::Disabled, None),
        };
        let disk =
            DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(DATASET_SPILL_BYTES);
        let environment =
            RuntimeEnvBuilder::new().with_memory_pool(pool).with_disk_manager_builder(disk).build_arc();
        let environment = environment.map_err(explained)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(parallel::threads())
            .thread_name("gonogo-query")
            .thread_stack_size(STACK)
            .build()
            .map_err(|error| Error::from_io("start", "the threads that answer queries", &error))?;
        Ok(Self { runtime: Some(runtime), environment, _spill: spill })
    }

    fn session(&self) -> SessionState {
        let config =
            SessionConfig::new().with_target_partitions(parallel::threads()).with_information_schema(false);
        let kept = |function: &Arc<ScalarUDF>| !LEFT_OUT.contains(&function.name());
        let functions = SessionStateDefaults::default_scalar_functions().into_iter().filter(kept);
        SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.environment))
            .with_scalar_functions(functions.chain(functions::all()).collect())
            .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
            .with_window_functions(SessionStateDefaults::default_window_functions())
            .with_expr_planners(SessionStateDefaults::default_expr_planners())
            .build()
    }

    /// Answers a query over these tables.
    pub fn answer(
        &self,
        scans: Vec<(String, Scan)>,
        sql: &str,
        most_rows: usize,
        deadline: Instant,
    ) -> Result<Answer, Error> {
        let Some(runtime) = &self.runtime else { return Err(Error::Io("the engine has ended".to_owned())) };
        let context = SessionContext::new_with_state(self.session());
        for (name, scan) in scans {
            // A name is one name, whatever is in it.
            let table = datafusion::common::TableReference::bare(name);
            context.register_table(table, Arc::new(scan)).map_err(explained)?;
        }
        let sql = sql.to_owned();
        // On a thread of the runtime, for its stack. The deadline is not the runtime's: its timers stand still while all of its threads are at work.
        let (sender, answered) = mpsc::sync_channel(1);
        let task = runtime.spawn(async move {
            let answer = run(&context, &sql, most_rows).await;
            // Nobody waits any more.
            _ = sender.send(answer);
        });
        let left = deadline.saturating_duration_since(Instant::now());
        match answered.recv_timeout(left) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                task.abort();
                Err(Error::Timeout("the query did not end before the job's deadline".to_owned()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(Error::Io(
                "the engine failed on this query: it has a bug that the query or a damaged file brings out"
                    .to_owned(),
            )),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A thread in the middle of a batch is not waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn run(context: &SessionContext, sql: &str, most_rows: usize) -> Result<Answer, Error> {
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect).map_err(explained)?;
    only_a_query(&statement)?;
    let plan = state.statement_to_plan(statement).await.map_err(explained)?;
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan).map_err(explained)?;
    let frame = context.execute_logical_plan(plan).await.map_err(explained)?;
    let mut stream = frame.execute_stream().await.map_err(explained)?;
    let mut taken = Taken::new(&stream.schema(), most_rows);
    while let Some(batch) = stream.next().await {
        taken.take(&batch.map_err(explained)?)?;
    }
    Ok(taken.answer())
}

/// Refuses all but one query.
fn only_a_query(statement: &Statement) -> Result<(), Error> {
    let query = match statement {
        Statement::Statement(statement) => matches!(**statement, ast::Statement::Query(_)),
        _ => false,
    };
    if query {
        Ok(())
    } else {
        let shown = text::line(&statement.to_string(), 60);
        Err(Error::Unsupported(format!("only queries (SELECT) are answered, and this is none: {shown}")))
    }
}

/// What the engine says, as the contract has it.
pub fn explained(error: DataFusionError) -> Error {
    let line = |error: &dyn std::fmt::Display| {
        let all = error.to_string();
        // What follows is advice to who runs the engine, or a backtrace.
        text::line(all.lines().next().unwrap_or_default(), 600)
    };
    let root = error.find_root();
    match root {
        DataFusionError::External(cause) => match cause.downcast_ref::<Error>() {
            Some(error) => error.clone(),
            None => Error::Io(line(cause)),
        },
        DataFusionError::ResourcesExhausted(why) => {
            Error::Limit(format!("the query needs more memory or disk space than a job has: {}", line(why)))
        }
        DataFusionError::IoError(cause) if cause.kind() == std::io::ErrorKind::StorageFull => Error::Limit(
            "the disk that queries spill to is full: set TMPDIR to a directory with more room".to_owned(),
        ),
        DataFusionError::IoError(cause) => {
            Error::Io(format!("a query cannot spill to disk: {}", line(cause)))
        }
        DataFusionError::Internal(_) | DataFusionError::ExecutionJoin(_) => {
            Error::Io(format!("the engine failed on this query: {}", line(root)))
        }
        _ => Error::Unsupported(format!("the query cannot be answered: {}", line(root))),
    }
}
