"""Makes files as people make them, none of which runs code: `python make_benign.py FOLDER`.

Needs numpy, pandas, scipy, scikit-learn and joblib; uses xgboost, lightgbm, cloudpickle and torch where they are.
"""

import argparse
import bz2
import collections
import dataclasses
import datetime
import decimal
import fractions
import gzip
import io
import json
import lzma
import pathlib
import pickle
import random
import struct
import sys
import tarfile
import uuid
import zipfile

import joblib
import numpy as np
import pandas as pd
import scipy.sparse
from sklearn import cluster, compose, datasets, decomposition, ensemble, feature_extraction, feature_selection
from sklearn import gaussian_process, impute, isotonic, linear_model, mixture, model_selection, naive_bayes
from sklearn import neighbors, neural_network, pipeline, preprocessing, svm, tree

X, Y = datasets.make_classification(120, 8, random_state=0)
P = np.abs(X)


def estimators():
    yield from (
        linear_model.LogisticRegression(), linear_model.Ridge(), linear_model.Lasso(), linear_model.SGDClassifier(),
        linear_model.HuberRegressor(), linear_model.BayesianRidge(), svm.SVC(probability=True), svm.LinearSVC(),
        tree.DecisionTreeClassifier(), tree.DecisionTreeRegressor(), ensemble.RandomForestClassifier(10),
        ensemble.GradientBoostingClassifier(n_estimators=10), ensemble.HistGradientBoostingClassifier(max_iter=10),
        ensemble.ExtraTreesRegressor(10), ensemble.AdaBoostClassifier(n_estimators=5), ensemble.IsolationForest(n_estimators=10),
        ensemble.StackingClassifier([("a", tree.DecisionTreeClassifier()), ("b", naive_bayes.GaussianNB())]),
        neighbors.KNeighborsClassifier(), neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        neighbors.KNeighborsClassifier(algorithm="ball_tree"), neighbors.LocalOutlierFactor(novelty=True),
        naive_bayes.GaussianNB(), neural_network.MLPClassifier((4,), max_iter=20), cluster.KMeans(2, n_init=1),
        cluster.DBSCAN(), decomposition.PCA(3), decomposition.TruncatedSVD(3), mixture.GaussianMixture(2),
        gaussian_process.GaussianProcessClassifier(), preprocessing.StandardScaler(), preprocessing.PolynomialFeatures(),
        preprocessing.QuantileTransformer(n_quantiles=20), preprocessing.FunctionTransformer(np.log1p),
        impute.SimpleImputer(), impute.KNNImputer(), feature_selection.SelectKBest(k=2),
        pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
        compose.ColumnTransformer([("s", preprocessing.StandardScaler(), [0, 1]), ("p", "passthrough", [2])]),
        model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [0.1, 1.0]}),
        model_selection.RandomizedSearchCV(linear_model.Ridge(), {"alpha": __import__("scipy.stats").stats.uniform(0, 1)}, n_iter=2),
        compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1),
    )
    try:
        import xgboost

        yield xgboost.XGBClassifier(n_estimators=3)
    except ImportError:
        pass
    try:
        import lightgbm

        yield lightgbm.LGBMClassifier(n_estimators=3, verbose=-1)
    except ImportError:
        pass


def values():
    """Names and objects."""
    yield "plain", {"a": [1, 2.5, None, True], "b": ("x", b"y"), "c": {1, 2}, "d": frozenset("ab")}
    yield "collections", [collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.Counter("abca"), collections.deque([1], 3)]
    yield "times", [datetime.datetime.now(), datetime.date.today(), datetime.timedelta(1), datetime.timezone.utc]
    yield "numbers", [decimal.Decimal("1.5"), fractions.Fraction(1, 3), complex(1, 2), 1 << 300]
    yield "paths", [pathlib.Path("/tmp/x"), pathlib.PurePosixPath("a/b")]
    yield "uuid", uuid.uuid4()
    yield "namespace", argparse.Namespace(lr=0.1, epochs=3)
    yield "random", random.Random(3)
    yield "slices", [slice(1, 2), range(5), bytearray(b"abc"), Ellipsis, NotImplemented, int, dict]
    yield "exceptions", [ValueError("x"), KeyError("y")]
    yield "texts", ["class_name", "The quick brown fox.", "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
    yield "bytes", [bytes(range(256)), b"\x80\x04nothing at all", gzip.compress(b"text " * 50), json.dumps({"a": 1}).encode()]
    yield "nested", pickle.dumps({"inner": np.arange(3)})
    yield "array", np.random.rand(20, 3)
    yield "objects", np.array([{"a": 1}, None, "x"], dtype=object)
    yield "strings", np.array(["a", "bcd"])
    yield "structured", np.zeros(3, dtype=[("a", "f8"), ("b", "i4"), ("c", "U5")])
    yield "masked", np.ma.masked_array([1, 2, 3], [0, 1, 0])
    yield "scalars", [np.float32(1), np.int64(2), np.bool_(True), np.datetime64("2024-01-01"), np.str_("x")]
    yield "dtypes", [np.dtype("f8"), np.dtype([("a", "i4")]), np.float32]
    yield "generators", [np.random.RandomState(1), np.random.default_rng(1), np.random.PCG64(3)]
    yield "polynomial", np.polynomial.Polynomial([1, 2, 3])
    yield "ufuncs", [np.log1p, np.sqrt]
    yield "sparse", [scipy.sparse.random(10, 10, 0.2, format=form) for form in ("csr", "csc", "coo", "lil", "dok")]
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": pd.date_range("2024", periods=3, tz="Europe/Berlin"), "d": pd.Categorical(["u", "v", "u"])})
    yield "frame", frame
    yield "series", frame["a"]
    yield "multiindex", frame.set_index(["a", "b"])
    yield "nullable", frame.convert_dtypes()
    yield "stamps", [pd.Timestamp("2024"), pd.Timedelta("1d"), pd.NaT, pd.NA, pd.Period("2024-01"), pd.Interval(0, 1), pd.offsets.MonthEnd(2)]
    yield "intervals", pd.cut(frame["a"], 2)
    yield "bunch", datasets.load_iris()
    vectorizer = feature_extraction.text.TfidfVectorizer().fit(["a text here", "another text there"])
    yield "vectorizer", vectorizer
    yield "imitation", State


class Storage:
    """Written as torch writes storages: by a persistent id."""


State = Storage


class TorchPickler(pickle.Pickler):
    def persistent_id(self, thing):
        return ("storage", "FloatStorage", "0", "cpu", 6) if isinstance(thing, Storage) else None


def torch_pickle():
    """`torch.save` of a state dict, by its opcodes."""
    name = b"X\x06\0\0\0weight"
    return (
        b"\x80\x02ccollections\nOrderedDict\nq\0)Rq\x01" + name + b"q\x02ctorch._utils\n_rebuild_tensor_v2\nq\x03((X\x07\0\0\0storageq\x04ctorch\nFloatStorage\nq\x05"
        b"X\x01\0\0\x000q\x06X\x03\0\0\0cpuq\x07K\x06tq\x08QK\0K\x02K\x03\x86q\x09K\x03K\x01\x86q\x0a\x89ccollections\nOrderedDict\nq\x0b)Rq\x0ctq\x0dRq\x0es}q\x0fX\x09\0\0\0_metadataq\x10h\x0bsb."
    )


def safetensors():
    header = json.dumps({"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(24)


def gguf():
    def text(value):
        return struct.pack("<Q", len(value)) + value

    keys = text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")
    keys += text(b"tokenizer.chat_template") + struct.pack("<I", 8) + text(b"{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}{% endfor %}")
    keys += text(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text(b"a") + text(b"b")
    tensor = text(b"w") + struct.pack("<IQQIQ", 2, 2, 3, 0, 0)
    return b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + keys + tensor + bytes(64)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)

    for number, estimator in enumerate(estimators()):
        data = P if "Transformer" in type(estimator).__name__ or "SelectK" in type(estimator).__name__ else X
        target = np.abs(Y) + 1.0 if "Target" in type(estimator).__name__ else Y
        estimator.fit(data, target)
        name = f"{number:02}-{type(estimator).__name__}"
        with open(folder / f"{name}.pkl", "wb") as file:
            pickle.dump(estimator, file, protocol=number % 6)
        joblib.dump(estimator, folder / f"{name}.joblib", compress=number % 4)

    for number, (name, value) in enumerate(values()):
        if name == "imitation":
            continue
        for protocol in (0, 2, 4, 5):
            (folder / f"{name}-{protocol}.pkl").write_bytes(pickle.dumps(value, protocol=protocol))
        joblib.dump(value, folder / f"{name}.joblib")
        joblib.dump(value, folder / f"{name}.joblib.gz", compress=("gzip", 3))

    for method, ending in ((("zlib", 3), "z"), (("bz2", 3), "bz2"), (("xz", 3), "xz"), (("lzma", 3), "lzma")):
        joblib.dump({"w": np.random.rand(100, 10), "o": np.array([1, "x"], dtype=object)}, folder / f"packed.{ending}", compress=method)

    np.save(folder / "plain.npy", np.arange(10))
    np.save(folder / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(folder / "arrays.npz", a=np.arange(3), b=np.array(["x", None], dtype=object))
    np.savez_compressed(folder / "packed.npz", a=np.arange(3))

    for name, method in (("stored.pt", zipfile.ZIP_STORED), ("deflated.pth", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(folder / name, "w", method) as archive:
            archive.writestr("archive/data.pkl", torch_pickle())
            archive.writestr("archive/data/0", np.arange(6, dtype=np.float32).tobytes())
            archive.writestr("archive/version", "3\n")
    legacy = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    (folder / "legacy.pt").write_bytes(legacy + torch_pickle() + pickle.dumps(["0"], 2) + struct.pack("<q", 6) + np.arange(6, dtype=np.float32).tobytes())
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        data = pickle.dumps(linear_model.Ridge().fit(X, Y))
        member = tarfile.TarInfo("model/model.pkl")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    (folder / "values.pkl.bz2").write_bytes(bz2.compress(pickle.dumps([1, 2])))
    (folder / "values.pkl.xz").write_bytes(lzma.compress(pickle.dumps([1, 2])))
    (folder / "model.safetensors").write_bytes(safetensors())
    (folder / "model.gguf").write_bytes(gguf())
    (folder / "two.pkl").write_bytes(pickle.dumps(1) + pickle.dumps([2]))
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        layers = [{"module": "keras.layers", "class_name": "Dense", "config": {"units": 3, "activation": "relu"}, "registered_name": None}]
        archive.writestr("config.json", json.dumps({"module": "keras", "class_name": "Sequential", "config": {"layers": layers}, "registered_name": "Sequential"}))
        archive.writestr("metadata.json", "{}")
    (folder / "source.py").write_text("import os\nos.system('true')\n")
    (folder / "notes.dat").write_text("cos is a function\nand so is sin\n(it is).\n")
    (folder / "noise.bin").write_bytes(random.Random(1).randbytes(100_000))
    (folder / "table.data").write_text("a,b\n1,2\n")
    try:
        import torch

        torch.save(torch.nn.Linear(3, 2).state_dict(), folder / "torch.pt")
        torch.save(torch.nn.Linear(3, 2), folder / "torch-model.pt")
        (folder / "torch-plain.pkl").write_bytes(pickle.dumps(torch.rand(3)))
    except ImportError:
        pass


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
