// Run a TensorFlow.js graph model in TensorFlow.js itself and write what its nodes give.
//
// node originals.js MODEL.json INPUT.bin HEIGHT WIDTH OUTPUT_FOLDER NODE...
// INPUT.bin holds uint8 (HEIGHT, WIDTH, 3); each NODE becomes a file of float32, row by row.
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs");

async function main() {
  const [model, input, height, width, folder, ...nodes] = process.argv.slice(2);
  const description = JSON.parse(fs.readFileSync(model));
  const weights = fs.readFileSync(model.replace(/json$/, "bin"));
  await tf.setBackend("cpu");
  const network = await tf.loadGraphModel(
    tf.io.fromMemory({
      modelTopology: description.modelTopology,
      weightSpecs: description.weightsManifest[0].weights,
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
      format: "graph-model",
    }),
  );
  const picture = tf.tensor4d(fs.readFileSync(input), [1, +height, +width, 3], "int32");
  const given = nodes.length > 1 ? network.execute(picture, nodes) : [network.execute(picture, nodes[0])];
  given.forEach((tensor, number) => {
    const values = Float32Array.from(tensor.dataSync());
    fs.writeFileSync(path.join(folder, `${number}.bin`), Buffer.from(values.buffer));
  });
}

main();
