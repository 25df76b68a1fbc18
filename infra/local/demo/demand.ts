/** Throws where what the demo shows did not happen. */
export function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`not as promised: ${otherwise}`)
}
