import { afterAll, beforeAll } from 'vitest'
import { describeBook } from '../support/gateway-book.ts'
import { describeChallenges } from '../support/gateway-challenges.ts'
import { describeFiles } from '../support/gateway-files.ts'
import { describeInput } from '../support/gateway-input.ts'
import { describeLake } from '../support/gateway-lake.ts'
import { describeMasks } from '../support/gateway-masks.ts'
import { describeMcp } from '../support/gateway-mcp.ts'
import { describeMcpWire } from '../support/gateway-mcp-wire.ts'
import { describePeople } from '../support/gateway-people.ts'
import { describeRoutes } from '../support/gateway-routes.ts'
import { describeSql } from '../support/gateway-sql.ts'
import { describeTokens } from '../support/gateway-tokens.ts'
import { openWorld, type World } from '../support/gateway-world.ts'
import { keepProofs } from '../support/proofs.ts'

/** Behind these stands the real server, or the publisher's own emulator. */
const real = /^\/api\/(?:azure-postgresql|azure-storage-blob)\//
const proofs = keepProofs(import.meta.url)

/** One real stack for all of it: the product as `npm start` starts it, asked over HTTP. */
let running: World | undefined

beforeAll(async () => {
  running = await openWorld()
}, 90_000)

afterAll(async () => {
  const calls = (running?.answers ?? []).filter(({ ask }) => real.test(ask.path))
  for (const { ask, status } of calls) proofs.noteCall('live-protocol', ask.path, status)
  await running?.stop()
})

const world = (): World => {
  if (running === undefined) throw new Error('the stack does not run')
  return running
}

describeRoutes(world)
describePeople(world)
describeInput(world)
describeTokens(world)
describeSql(world)
describeMasks(world)
describeLake(world)
describeFiles(world)
// The sign-in service throttles somebody here, and is left alone for as long as it said.
describeChallenges(world)
describeMcp(world)
describeMcpWire(world)
describeBook(world)
