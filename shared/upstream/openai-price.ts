import type { Json } from '../pipeline/ports.ts'

/** Form of the setting: `deployment=prompt/completion`, in the account's currency for a million tokens, by commas. */
export const pricesPattern =
  /^[\w.-]{1,64}=\d{1,6}(\.\d{1,6})?\/\d{1,6}(\.\d{1,6})?(,[\w.-]{1,64}=\d{1,6}(\.\d{1,6})?\/\d{1,6}(\.\d{1,6})?)*$/

const million = 1_000_000

/** What a call cost by the deployment's own prices; undefined where it has none for this model. */
export function costOf(
  { prompt, completion }: { readonly prompt: number; readonly completion: number },
  model: Json | undefined,
  prices = '',
): number | undefined {
  const price = prices.split(',').find((each) => each.split('=')[0] === model)
  const [ofPrompt, ofCompletion] = price?.split('=')[1]?.split('/').map(Number) ?? []
  if (ofPrompt === undefined || ofCompletion === undefined) return undefined
  return (prompt * ofPrompt + completion * ofCompletion) / million
}
