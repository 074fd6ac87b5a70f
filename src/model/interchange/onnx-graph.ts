import { encodeModelProto } from './onnx-proto.ts';

/** Element types of tensors. */
const DOUBLE = 11;
const INT64 = 7;
/** Types of attributes. */
const [INT, STRING, TENSOR, INTS, STRINGS] = [2, 3, 4, 7, 8];
/** Operators of these versions: double-precision trees came with version 3 of ai.onnx.ml. */
const OPSETS = [
  { domain: '', version: 15 },
  { domain: 'ai.onnx.ml', version: 3 },
];
const IR_VERSION = 8;

/** A value that flows between nodes, by name. */
export type Value = string;

type Attribute = number | string | Float64Array | Int32Array | readonly string[];

const tensor = (values: ArrayLike<number>, dims: readonly number[], dataType: number, name?: string) => ({
  ...(name !== undefined && { name }),
  dims,
  dataType,
  rawData: new Uint8Array(
    dataType === INT64 ? BigInt64Array.from(Array.from(values, BigInt)).buffer : Float64Array.from(values).buffer,
  ),
});

function attributeOf([name, value]: [string, Attribute]) {
  if (typeof value === 'number') return { name, type: INT, i: value };
  if (typeof value === 'string') return { name, type: STRING, s: Buffer.from(value) };
  if (value instanceof Float64Array) return { name, type: TENSOR, t: tensor(value, [value.length], DOUBLE) };
  if (value instanceof Int32Array) return { name, type: INTS, ints: Array.from(value) };
  return { name, type: STRINGS, strings: value.map((text) => Buffer.from(text)) };
}

/** An ONNX graph that is being put together. All numbers are double, so that rows part where they part in this program. */
export class OnnxGraph {
  readonly #nodes: object[] = [];
  readonly #constants: object[] = [];
  #values = 0;

  /** The model's input: rows x columns. */
  readonly input: Value = 'features';

  /** Adds a node. @returns its output */
  node(opType: string, input: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}, domain = ''): Value {
    const output = `v${this.#values++}`;
    this.#nodes.push({
      opType,
      domain,
      name: `n${this.#values}`,
      input,
      output: [output],
      attribute: Object.entries(attributes).map(attributeOf),
    });
    return output;
  }

  /** Adds numbers of a shape; one number where none is given. */
  constant(values: ArrayLike<number>, dims: readonly number[] = []): Value {
    return this.#constant(values, dims, DOUBLE);
  }

  /** Adds a list of whole numbers: axes and shapes. */
  integers(values: readonly number[]): Value {
    return this.#constant(values, [values.length], INT64);
  }

  #constant(values: ArrayLike<number>, dims: readonly number[], type: number): Value {
    const name = `c${this.#constants.length}`;
    this.#constants.push(tensor(values, dims, type, name));
    return name;
  }

  /** Each row divided by its sum. */
  normalise(rows: Value): Value {
    return this.node('Div', [rows, this.node('ReduceSum', [rows, this.integers([1])], { keepdims: 1 })]);
  }

  /**
   * The file: input `features` (rows x columns), outputs `probabilities` (rows x classes) and `label` (rows).
   * @param precedence all classes, in the order in which the first of equally likely ones is the label
   * @param metadata texts that travel with the model
   */
  toBytes(
    probabilities: Value,
    columns: number,
    precedence: readonly number[],
    metadata: Readonly<Record<string, string>>,
  ): Uint8Array {
    this.#nodes.push({ opType: 'Identity', name: 'out', input: [probabilities], output: ['probabilities'] });
    const order = this.integers(precedence);
    const ordered = this.node('Gather', ['probabilities', order], { axis: 1 });
    const first = this.node('ArgMax', [ordered], { axis: 1, keepdims: 0 });
    this.#nodes.push({ opType: 'Gather', name: 'label_of', input: [order, first], output: ['label'] });
    const shaped = (name: string, elemType: number, rest: readonly number[]) => ({
      name,
      type: { tensorType: { elemType, shape: { dim: [{ dimParam: 'rows' }, ...rest.map((dimValue) => ({ dimValue }))] } } },
    });
    return encodeModelProto({
      irVersion: IR_VERSION,
      producerName: 'ethereum-trading-system',
      opsetImport: OPSETS,
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: 'ensemble',
        node: this.#nodes,
        initializer: this.#constants,
        input: [shaped(this.input, DOUBLE, [columns])],
        output: [shaped('probabilities', DOUBLE, [precedence.length]), shaped('label', INT64, [])],
      },
    });
  }
}
