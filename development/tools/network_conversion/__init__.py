"""Networks of other formats as ONNX: TensorFlow.js graph models and TensorFlow Lite files."""
