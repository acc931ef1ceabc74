"""Times a graph in Python's onnxruntime as bench/inference-child.ts does in Node's: the same file, threads and inputs.
Prints JSON {"seconds": [...]}. onnxruntime_graph.py TASK, a JSON object as InferenceTask has it."""
import json
import sys
import time

import numpy as np
import onnxruntime as ort

task = json.loads(sys.argv[1])
options = ort.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = task["threads"], 1
options.log_severity_level = 4


def session(role):
    return ort.InferenceSession(task["files"][role], options, providers=["CPUExecutionProvider"])


pixels = np.fromfile(task["pixels"], np.uint8).reshape(1, task["height"], task["width"], 3)
role = task["role"]
feeds = {"image": pixels}
if role == "captioner":
    feeds |= {"max_length": np.array(task["maxLength"]), "beam": np.array(task["beam"])}
if role == "decoder":
    names = ["features", "projected", "hidden", "cell"]
    encoded = session("encoder").run(names, feeds)
    feeds = {name: np.repeat(value, task["beam"], axis=0) for name, value in zip(names, encoded)}
    feeds["token"] = np.full(task["beam"], task["tokens"]["start"], np.int64)
graph = session(role)
seconds = []
for i in range(-2, task["runs"]):
    started = time.perf_counter()
    graph.run(None, feeds)
    if i >= 0:
        seconds.append(time.perf_counter() - started)
print(json.dumps({"seconds": seconds}))
