// Shared by models and sessions here, in a worker and at a server: views of the description, and `using`.

export class Disposable {
  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.dispose();
  }
}

export class DescribedSession extends Disposable {
  get inputNames() {
    return this.description.signature.inputs.map(({ name }) => name);
  }
  get outputNames() {
    return this.description.signature.outputs.map(({ name }) => name);
  }
}

export class DescribedModel extends Disposable {
  /** 'text-classification', 'image-classification', ... (docs/tasks.md); '' if the file names no task. */
  get task() {
    return this.description.task;
  }
  get name() {
    return this.description.name;
  }
  get labels() {
    return this.description.labels;
  }
  /** {inputs, outputs}: name, dtype and shape of each; symbolic dimensions are names. */
  get signature() {
    return this.description.signature;
  }
}
