/** Maps in order with at most `width` at work at once. Rejects with the first rejection. */
export async function mapSome<In, Out>(
  items: readonly In[],
  width: number,
  work: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = []
  let next = 0
  const go = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as In)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, go))
  return results
}
