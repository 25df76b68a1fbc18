import type { Line } from './line.ts'
import type { Answer, Inbound } from './ports.ts'

/**
 * One governed call, from the request to the answer. The types hold the order: `exchange` and `call` take a durable
 * permitted intent, `respond` a durable outcome. Intent before exchange, so that a token never asked for on behalf of
 * a denied call is a fact and not a hope. Denied and pending calls take the same line: recorded, then refused.
 * An answer that flows ends the line in a stage of its own, which writes its outcome before the last piece leaves.
 * Throws Problem only where nothing can be recorded: a token that fails (not chained, since anyone could fill the
 * chain), or an audit store that is away.
 */
export async function handle(inbound: Inbound, line: Line): Promise<Answer> {
  const verified = await line.verify(inbound)
  const resolved = line.resolve(verified)
  const classified = await line.classify(resolved)
  const decided = await line.decide(classified)
  const reserved = await line.reserve(decided)
  const cleared = await line.approve(reserved)
  const intent = await line.recordIntent(cleared)
  const exchanged = await line.exchange(intent)
  if (line.isFlowing(exchanged)) return line.flow(exchanged)
  const called = await line.call(exchanged)
  const masked = line.mask(called)
  const outcome = await line.recordOutcome(masked)
  return line.respond(outcome)
}
