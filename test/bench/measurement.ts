/** One figure, as `npm run bench -- --json` prints it on a line of its own. */
export interface Measurement {
  readonly bench: string
  readonly case: string
  readonly value: number
  readonly unit: string
  /** What the ratio is against; measured in the same run, in turns with ours. */
  readonly peer?: string
  /** How many times better than the peer: more for rates, less for times and sizes. Below 1 the peer is better. */
  readonly ratio?: number
}

/** A figure before the bench's name is put to it. */
export type Figure = Omit<Measurement, 'bench'>

export interface BenchOptions {
  /** Fewer rounds and calls, for a look and for CI. */
  readonly quick: boolean
  /** Rows that the verifier streams; its own choice where it is left out. */
  readonly rows?: number | undefined
}

/** Measures, or throws: a bench that cannot run has no figures. */
export type Bench = (options: BenchOptions) => Promise<readonly Figure[]>

/** Three significant digits: what a run on a shared machine can say. */
export function roundFigure(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(3))
}

/** A figure against a peer, where more is better (`rate`) or less is (`cost`). */
export function compareFigure(kind: 'rate' | 'cost', figure: Figure & { readonly peer: string }, peer: number): Figure {
  const ratio = kind === 'rate' ? figure.value / peer : peer / figure.value
  return { ...figure, value: roundFigure(figure.value), ratio: roundFigure(ratio) }
}
