/** A mutant that no test finds out, and why that is right. */
export interface Survivor {
  readonly file: string
  readonly operator: string
  /** The trimmed line that the change begins on. */
  readonly text: string
  readonly because: string
}

export const survivors: readonly Survivor[] = []
