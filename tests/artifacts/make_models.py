"""Makes small model files of each format in pairs, one that reaches out and one that does not: `python make_models.py FOLDER`.

Needs numpy, h5py, gguf, onnx and safetensors, whose own writers make the files. `models/` has them, made with h5py 3.16, gguf 0.19, onnx 1.23, safetensors 0.8 and numpy 2.4:
`bad-*` must be no-go to `security/artifacts`, `good-*` nothing worse than a note. TensorFlow's graphs are few bytes of protocol buffers and made here by hand.
"""

import json
import os
import pathlib
import sys
import zipfile

import gguf
import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import save_file

FOLDER = pathlib.Path(sys.argv[1])
FOLDER.mkdir(parents=True, exist_ok=True)


def layer(name, config, module="keras.layers"):
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def keras_config(*layers):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": list(layers)}}


DENSE = layer("Dense", {"name": "dense", "units": 2, "activation": "relu"})
CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None, "closure": None}}
LAMBDA = layer("Lambda", {"name": "lambda", "function": CODE})
FOREIGN = layer("check_call", {"args": ["id"]}, module="subprocess")


def keras(name, config, text=None):
    with zipfile.ZipFile(FOLDER / f"{name}.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("metadata.json"), json.dumps({"keras_version": "3.8.0"}))
        archive.writestr(zipfile.ZipInfo("config.json"), text or json.dumps(config))


def hdf5(name, config, text=None):
    with h5py.File(FOLDER / f"{name}.h5", "w", libver="latest") as file:
        file.attrs["model_config"] = text or json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
        file.create_dataset("w", data=np.zeros(2, "f4"))


escaped = json.dumps(keras_config(LAMBDA)).replace("class_name", "cl\\u0061ss_name").replace("Lambda", "L\\u0061mbda")
for write in (keras, hdf5):
    write("good-dense", keras_config(DENSE))
    write("bad-lambda", keras_config(DENSE, LAMBDA))
    write("bad-escaped", None, escaped)
    write("bad-foreign", keras_config(DENSE, FOREIGN))


def template(name, text, key=None):
    writer = gguf.GGUFWriter(FOLDER / f"{name}.gguf", "llama")
    writer.add_block_count(1)
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "</s>", "a"])
    if key:
        writer.add_chat_template([{"name": key, "template": text}, {"name": "default", "template": "{{ messages[0] }}"}])
    else:
        writer.add_chat_template(text)
    writer.add_tensor("w", np.zeros(4, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


CHAT = "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] | trim }}{% endfor %}"
template("good-template", CHAT)
template("bad-template", CHAT + "{{ cycler.__init__.__globals__.os.popen('id').read() }}")
template("bad-attribute", "{% set x = ''|attr('_' '_class_' '_') %}" + CHAT)
template("bad-second-template", "{{ ''.__class__.__mro__[1].__subclasses__() }}", key="tool_use")


def model(name, location=None, domain=""):
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2], [0.0, 1.0])
    if location:
        weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
        weight.external_data.add(key="location", value=location)
        weight.external_data.add(key="length", value="8")
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])
    node = helper.make_node("Add" if not domain else "Run", ["x", "w"], ["y"], domain=domain)
    graph = helper.make_graph([node], "g", [value], [result], initializer=[weight])
    onnx.save(helper.make_model(graph, producer_name="p"), FOLDER / f"{name}.onnx")


model("good-inline")
model("good-external", "weights.bin")
model("good-domain", domain="com.example")
model("bad-parent", "../../../../etc/passwd")
model("bad-absolute", "/etc/shadow")
model("bad-backslash", "..\\..\\secrets.bin")

save_file({"a": np.zeros(2, np.float32), "b": np.ones(3, np.int8)}, FOLDER / "good.safetensors", {"format": "np"})
whole = (FOLDER / "good.safetensors").read_bytes()
(FOLDER / "bad-overlap.safetensors").write_bytes(whole.replace(b"[8,11]", b"[5, 8]"))
(FOLDER / "bad-length.safetensors").write_bytes(b"\xff" * 8 + whole[8:])


class Run:
    def __reduce__(self):
        return os.system, ("true",)


np.save(FOLDER / "good-numbers.npy", np.arange(4.0))
np.save(FOLDER / "good-objects.npy", np.array([1, "a"], dtype=object), allow_pickle=True)
np.save(FOLDER / "bad-objects.npy", np.array([Run()], dtype=object), allow_pickle=True)
hidden = (FOLDER / "bad-objects.npy").read_bytes().replace(b"'|O', 'fortran_order'", b"'\\x4f','fortran_order'")
(FOLDER / "bad-escaped.npy").write_bytes(hidden.replace(b" \n", b"\n", 1))
np.savez(FOLDER / "good-arrays.npz", a=np.arange(3), b=np.arange(2.0))
np.savez(FOLDER / "bad-arrays.npz", a=np.arange(3), b=np.array([Run()], dtype=object))


def field(number, payload):
    assert len(payload) < 128 * 128
    length = bytes([len(payload)]) if len(payload) < 128 else bytes([len(payload) & 127 | 128, len(payload) >> 7])
    return bytes([number << 3 | 2]) + length + payload


def graph(name, *operations):
    # SavedModel.meta_graphs = 2, MetaGraphDef.graph_def = 2, GraphDef.node = 1, NodeDef.name = 1, NodeDef.op = 2
    nodes = b"".join(field(1, field(1, f"node_{op}".encode()) + field(2, op.encode())) for op in operations)
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + field(2, field(2, nodes)))


graph("good-graph", "Placeholder", "MatMul", "VarHandleOp", "NoOp")
graph("bad-read", "Placeholder", "ReadFile", "Identity")
graph("bad-write", "Const", "WriteFile")
graph("bad-python", "Placeholder", "EagerPyFunc")
