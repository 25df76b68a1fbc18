import { readdirSync, readFileSync } from 'node:fs'
import { chown, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { personas } from '../../../infra/local/personas.ts'
import { makeSshAuthority } from '../../../infra/local/ssh/authority.ts'
import { canRunSshd } from '../../../infra/local/ssh/server.ts'
import { classify } from '../../../shared/backend/classify.ts'
import { selectConfigured } from '../../../shared/backend/configured.ts'
import { resolve } from '../../../shared/backend/resolve.ts'
import type { ExchangedToken } from '../../../shared/identity/principal.ts'
import type { UpstreamCall } from '../../../shared/pipeline/ports.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { sshFaults } from '../../../shared/upstream/ssh-failure.ts'
import { signalName } from '../../../shared/upstream/ssh-session.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { keepProofs } from '../../support/proofs.ts'
import { isOnPath, needs } from '../../support/tools.ts'
import { makeCall, makeToken, problemOf } from './calls.ts'
import { openBench, type SshBench } from './ssh-bench.ts'
import { type PersonName, person } from './tds-bench.ts'

const canRun = () => isOnPath('sshd') && isOnPath('unshare') && canRunSshd()
const it = needs('sshd', canRun)
const { noteExecutor } = keepProofs(import.meta.url)

/** A table of cases, named by what stands first in each. */
const each =
  <const Row extends readonly unknown[]>(rows: readonly Row[]) =>
  (name: string, run: (...row: [...Row]) => Promise<void>) => {
    for (const row of rows) it(name.replace('%s', String(row[0])), () => run(...([...row] as [...Row])), 30_000)
  }

const commands = [
  'read:/usr/bin/cat *',
  'read:/usr/bin/sleep 300',
  'read:/usr/bin/yes',
  'read:/usr/bin/tty',
  'read:/usr/bin/env',
  'read:/usr/bin/seq *',
  'read:/usr/bin/ls *',
  'write:/usr/bin/touch *',
  'write:/usr/bin/sleep 200',
]

let bench: SshBench
let note = ''
const servers: Server[] = []

beforeAll(async () => {
  if (!canRun()) return
  bench = await openBench()
  note = join(bench.server.homeOf(personas.alice.username), 'note')
  for (const who of ['alice', 'bob'] as const) {
    const home = bench.server.homeOf(personas[who].username)
    await writeFile(join(home, 'note'), `a note of ${who}\n`, { mode: 0o600 })
    await chown(join(home, 'note'), uidOf(who), uidOf(who))
  }
}, 60_000)

afterAll(() => bench?.stop())

afterEach(() => {
  if (bench === undefined) return
  bench.terms = {}
  for (const server of servers.splice(0)) server.close()
})

const uidOf = (who: 'alice' | 'bob') => (who === 'alice' ? 31_001 : 31_002)
const backends = new Map((await loadFunctions()).map((backend) => [backend.name, backend]))

interface Ask {
  readonly who?: PersonName
  readonly operation?: string
  readonly token?: ExchangedToken
  readonly hosts?: readonly string[]
}

/** A call as the line makes it: resolved and classified by what the deployment lists. */
async function ask(command: string | null, more: Ask = {}): Promise<UpstreamCall> {
  const { who = 'alice', operation = 'readWithCommand', hosts = [bench.listed] } = more
  const allow = { hosts, commands }
  const configured = selectConfigured([...backends.values()], { 'vm-ssh': { allow, classification: {} } })
  const host = (hosts[0] ?? '').split(' ')[0]
  const inputs = () => (command === null ? { host } : { host, command })
  const invocation = resolve({ backend: 'vm-ssh', operation, inputs }, configured)
  const understood = await classify(invocation, () => Promise.reject(new Error('no statement')))
  const token = more.token ?? (await bench.tokenOf(who))
  const call = makeCall({ operation: invocation.operation, principal: person(who), token })
  return { ...call, invocation, understood }
}

const run = async (command: string | null, more: Ask = {}) =>
  noteExecutor('live-protocol', bench.makeExecutor()).call(await ask(command, more))

describe('a command on a machine', () => {
  it('runs as the person, who differs from another', async () => {
    const [alice, bob] = await Promise.all([run('/usr/bin/cat note'), run('/usr/bin/cat note', { who: 'bob' })])
    expect(alice.data).toEqual({ stdout: 'a note of alice\n', stderr: '', exitCode: 0, signal: null })
    expect(bob.data).toMatchObject({ stdout: 'a note of bob\n' })
    const other = await run(`/usr/bin/cat ${note}`, { who: 'bob' })
    expect(other.data).toMatchObject({ stdout: '', exitCode: 1 })
  })

  it('comes with the proof of the same connection and what the machine logs', async () => {
    const { identity, backendIds } = await run('/usr/bin/cat note')
    expect(identity).toMatchObject({ source: 'backend', method: 'id', matches: true })
    expect(backendIds).toMatchObject({ serial: '7', exit: '0' })
    await expect.poll(() => bench.server.log(), { timeout: 15_000 }).toContain(backendIds.certificate)
  })

  it('can be nothing but the sign-in', async () => {
    const { data, identity } = await run(null, { operation: 'whoAmI' })
    expect([data, identity.matches]).toEqual([{ login: personas.alice.username }, true])
  })

  it('has neither terminal nor input, and nothing of our environment', async () => {
    process.env.COUNTERSIGN_SECRET_OF_TEST = 'x'
    expect((await run('/usr/bin/tty')).data).toMatchObject({ exitCode: 1, stdout: 'not a tty\n' })
    expect((await run('/usr/bin/cat /dev/stdin')).data).toMatchObject({ exitCode: 0, stdout: '' })
    const { stdout } = (await run('/usr/bin/env')).data as { stdout: string }
    expect(stdout).toContain('SSH_CONNECTION')
    expect(stdout).not.toMatch(/SSH_AUTH_SOCK|COUNTERSIGN/)
  })

  it('may change what it is listed to change', async () => {
    const target = join(bench.server.homeOf(personas.alice.username), 'made')
    expect((await run(`/usr/bin/touch ${target}`, { operation: 'writeWithCommand' })).data).toMatchObject({
      exitCode: 0,
    })
    expect((await run(`/usr/bin/ls ${target}`)).data).toMatchObject({ stdout: `${target}\n` })
    expect((await run(`/usr/bin/ls ${target}`, { operation: 'deleteWithCommand' })).rows).toBe(1)
    expect((await run(`/usr/bin/ls ${target}`, { operation: 'runCommand' })).rows).toBe(1)
  })

  it('that does more than its operation is for is not sent', async () => {
    const problem = await problemOf(run('/usr/bin/touch /tmp/never'))
    expect([problem.code, problem.reason]).toEqual(['internal', 'not_called:effect_exceeds_operation'])
  })

  each([['/usr/bin/cat note; id'], ['/usr/bin/whoami']])('that was refused is not sent: %s', async (command) => {
    const problem = await problemOf(run(command, { operation: 'runCommand' }))
    expect([problem.code, problem.reason]).toEqual(['internal', 'not_called:nothing_judged'])
  })

  it('is sent as it was judged, whatever the inputs say by then', async () => {
    const call = await ask('/usr/bin/cat note')
    const invocation = { ...call.invocation, inputs: { ...call.invocation.inputs, command: '/usr/bin/whoami' } }
    const { data } = await bench.makeExecutor().call({ ...call, invocation })
    expect(data).toMatchObject({ stdout: 'a note of alice\n' })
  })
})

describe('the certificate', () => {
  const others: readonly (readonly [what: string, terms: SshBench['terms'], code: string, reason: string])[] = [
    ['of another person', { principals: [personas.bob.username] }, 'identity_mismatch', 'certificate_principal'],
    ['of nobody', { principals: [] }, 'identity_mismatch', 'certificate_principal'],
    ['that has ended', { from: -7200, to: -3600 }, 'backend_rejected_token', 'certificate_not_valid'],
    [
      'that forces another command',
      { options: { 'force-command': `echo ${personas.alice.username}` } },
      'backend_rejected_token',
      'certificate_not_valid',
    ],
    ['that has not begun', { from: 3600, to: 7200 }, 'backend_rejected_token', 'certificate_not_valid'],
  ]
  each(others)('%s is not sent', async (...[, terms, code, reason]) => {
    bench.terms = terms
    const before = bench.server.connections()
    const problem = await problemOf(run('/usr/bin/cat note'))
    expect([problem.code, problem.reason]).toEqual([code, `not_called:${reason}`])
    expect(bench.server.connections()).toBe(before)
  })

  it('that has ended is refused by the machine too', async () => {
    bench.terms = { from: -7200, to: -3600 }
    const executor = bench.makeExecutor({}, [bench.listed], () => Date.now() - 5_400_000)
    const problem = await problemOf(executor.call(await ask('/usr/bin/cat note')))
    expect([problem.code, problem.status, problem.reason]).toEqual(['backend_rejected', 403, 'not_called:sign_in'])
    expect(factsOfFailure(problem)?.backendIds.certificate).toMatch(/^SHA256:/)
  })

  it('of another authority is refused by the machine', async () => {
    const own = bench.authority
    bench.authority = makeSshAuthority()
    const problem = await problemOf(run('/usr/bin/cat note')).finally(() => {
      bench.authority = own
    })
    expect([problem.code, problem.reason]).toEqual(['backend_rejected', 'not_called:sign_in'])
  })

  it('of a person without an account is refused by the machine', async () => {
    const problem = await problemOf(run('/usr/bin/cat note', { who: 'carol' }))
    expect([problem.code, problem.reason]).toEqual(['backend_rejected', 'not_called:sign_in'])
  })

  it('whose key is not the private one is refused by the machine', async () => {
    const other = await bench.tokenOf('alice')
    bench.terms = { to: 1800 }
    const mine = await bench.tokenOf('alice')
    const mixed = { ...JSON.parse(mine.value), privateKey: JSON.parse(other.value).privateKey }
    const token = { ...mine, value: JSON.stringify(mixed) }
    const problem = await problemOf(run('/usr/bin/cat note', { token }))
    expect(problem.reason).toBe('not_called:sign_in')
  })

  it('exchanged for another person is not sent', async () => {
    const problem = await problemOf(run('/usr/bin/cat note', { token: await bench.tokenOf('bob') }))
    expect(problem.code).toBe('identity_mismatch')
  })

  it('is not a token of another audience', async () => {
    const { token } = bench.entra.mint('alice')
    const problem = await problemOf(run('/usr/bin/cat note', { token: makeToken(token, person('alice')) }))
    expect([problem.code, problem.reason]).toEqual(['backend_rejected_token', 'not_called:not_a_certificate'])
  })

  it('that a machine takes for another person is refused before the command is sent', async () => {
    const problem = await problemOf(run('/usr/bin/touch never', { who: 'heidi', operation: 'writeWithCommand' }))
    expect([problem.code, problem.reason]).toEqual(['identity_mismatch', 'not_called:id'])
    expect(factsOfFailure(problem)?.identity).toMatchObject({ source: 'backend', matches: false })
    const { data } = await run('/usr/bin/ls never', { who: 'bob' })
    expect(data).toMatchObject({ exitCode: 2 })
  })
})

describe('a machine', () => {
  it('that shows another key is not signed in to', async () => {
    const hosts = [bench.listed.replace(/SHA256:.*/, `SHA256:${'A'.repeat(43)}`)]
    const before = bench.server.log()
    const problem = await problemOf(bench.makeExecutor({}, hosts).call(await ask('/usr/bin/cat note')))
    expect([problem.code, problem.reason]).toEqual(['identity_configuration', 'not_called:host_key'])
    expect(bench.server.log().slice(before.length)).not.toContain('Accepted')
  })

  it('may have several keys', async () => {
    const hosts = [bench.listed.replace(/SHA256:.*/, `SHA256:${'A'.repeat(43)}`), bench.listed]
    const { data } = await bench.makeExecutor({}, hosts).call(await ask('/usr/bin/cat note', { hosts }))
    expect(data).toMatchObject({ exitCode: 0 })
  })

  it('that is not listed is refused before and in the executor', async () => {
    await expect(ask('/usr/bin/cat note', { hosts: [] })).rejects.toMatchObject({ code: 'input_invalid' })
    const problem = await problemOf(bench.makeExecutor({}, []).call(await ask('/usr/bin/cat note')))
    expect([problem.code, problem.reason]).toEqual(['backend_not_configured', 'not_called:host_not_listed'])
  })

  it('that cannot be reached was not called', async () => {
    const hosts = [bench.listed.replace(/:\d+ /, ':1 ')]
    const problem = await problemOf(bench.makeExecutor({}, hosts).call(await ask('/usr/bin/cat note', { hosts })))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'not_called:unreachable'])
  })

  each([
    ['says nothing', {}, 'backend_failed', 'unreachable'],
    ['says nothing until the call is over', { deadlineMs: 300 }, 'backend_timeout', 'deadline'],
    ['speaks another protocol', { says: 'HTTP/1.1 302 Found\r\n'.repeat(2000) }, 'backend_failed', 'unreachable'],
    ['ends at once', { ends: true }, 'backend_failed', 'unreachable'],
    ['hangs up in our own words', { says: hangUp(sshFaults.refused) }, 'backend_failed', 'unreachable'],
  ] as const)('that %s was not called', async (...[, manner, code, why]) => {
    const { says = '', ends = false, ...limits }: { says?: string; ends?: boolean; deadlineMs?: number } = manner
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.write(says)
      if (ends) socket.end()
    })
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const hosts = [bench.listed.replace(/:\d+ /, `:${port} `)]
    const executor = bench.makeExecutor({ connectTimeoutMs: 1000, ...limits }, hosts)
    const problem = await problemOf(executor.call(await ask('/usr/bin/cat note', { hosts })))
    expect([problem.code, problem.reason]).toEqual([code, `not_called:${why}`])
  })
})

describe('a command that goes wrong', () => {
  each([
    ['a signal', 'SIGKILL', 'SIGKILL'],
    ['one of real time', 'SIGRTMIN+3', 'SIGRTMIN+3'],
    ['a name', 'alice@contoso.com', 'other'],
    ['a further line', 'SIGKILL\n', 'other'],
    ['much', `SIG${'A'.repeat(300)}`, 'other'],
    ['nothing', '', 'other'],
  ])('by %s, told by the machine, is a signal or another', async (_what, said, shown) => {
    expect(signalName(said)).toBe(shown)
  })

  it('by its time is ended, on the machine too', async () => {
    const leaver = new AbortController()
    const call = { ...(await ask('/usr/bin/sleep 300')), signal: leaver.signal }
    const answer = problemOf(bench.makeExecutor().call(call))
    await expect.poll(() => runningAs(31_001), { timeout: 15_000 }).toContain('/usr/bin/sleep 300')
    leaver.abort()
    const problem = await answer
    expect([problem.code, problem.reason]).toEqual(['backend_timeout', 'deadline'])
    expect(factsOfFailure(problem)?.identity).toMatchObject({ matches: true })
    await expect.poll(() => runningAs(31_001), { timeout: 15_000 }).not.toContain('sleep 300')
  })

  it('by more output than is kept is cut short, and tells how it ended', async () => {
    const executor = bench.makeExecutor({ keepBytes: 1000 })
    const { data, truncated, bytes } = await executor.call(await ask('/usr/bin/seq 1 20000'))
    const { stdout, exitCode } = data as { stdout: string; exitCode: number }
    expect([stdout.length, exitCode, truncated, bytes]).toEqual([1000, 0, true, 108_894])
  })

  it('by output without an end is ended, on the machine too', async () => {
    const problem = await problemOf(bench.makeExecutor({ maxBytes: 300_000 }).call(await ask('/usr/bin/yes')))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'answer_too_large'])
    await expect.poll(() => runningAs(31_001), { timeout: 15_000 }).not.toContain('/usr/bin/yes')
  })

  each([
    ['read', '/usr/bin/sleep 300', 'readWithCommand', 'connection_lost'],
    ['write', '/usr/bin/sleep 200', 'writeWithCommand', 'unknown:connection_lost'],
  ])('by a cut connection during a %s leaves its fate honest', async (...[, command, operation, reason]) => {
    const answer = problemOf(bench.makeExecutor().call(await ask(command, { operation })))
    await expect.poll(() => runningAs(31_001), { timeout: 15_000 }).toContain(command)
    bench.server.cut()
    expect((await answer).reason).toBe(reason)
  })

  it('because the caller left was called, or not, as it stands', async () => {
    const leaver = new AbortController()
    leaver.abort()
    const call = { ...(await ask('/usr/bin/cat note')), signal: leaver.signal }
    const problem = await problemOf(bench.makeExecutor().call(call))
    expect([problem.code, problem.reason]).toEqual(['backend_timeout', 'not_called:deadline'])
  })
})

/** What anybody can say before keys are exchanged (RFC 4253, 11.1): SSH_MSG_DISCONNECT for this reason. */
function hangUp(reason: string): string {
  const payload = `\u0001\0\0\0\u0002${lengthOf(reason.length)}${reason}${lengthOf(0)}`
  const padding = 16 - ((payload.length + 5) % 8)
  return `SSH-2.0-x\r\n${lengthOf(payload.length + 1 + padding)}${String.fromCharCode(padding)}${payload}${'\0'.repeat(padding)}`
}

function lengthOf(bytes: number): string {
  return `\0\0\0${String.fromCharCode(bytes)}`
}

/** Command lines of the processes of a user. */
function runningAs(uid: number): string {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const isTheirs = new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'))
        return isTheirs ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') : ''
      } catch {
        return ''
      }
    })
  return lines.join('\n')
}
