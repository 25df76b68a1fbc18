/** Faults that a gateway could have, as changes of its sources: each run of a gateway that has one must notice. */
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../../infra/build/command.ts'
import { copyRepository } from '../repository-copy.ts'

/** In `file`, `from` (which stands there once) becomes `to`. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface IsolationFault {
  readonly name: string
  readonly edits: readonly Edit[]
  /** One of the findings has to read so. */
  readonly noticed: RegExp
  /** Calls and phases that it takes; one phase of 400 unless given. */
  readonly run?: { readonly calls: number; readonly phases: number }
}

const tokenKey = {
  file: 'shared/identity/token-cache.ts',
  from: '[keyVersion, clientId, tid, oid, actor, assertion, wish.scope]',
  to: '[keyVersion, clientId, wish.scope, tid.slice(0, 0), oid.slice(0, 0), actor, assertion.slice(0, 0)]',
}
const noOwnerCheck = {
  file: 'shared/identity/token-cache.ts',
  from: 'ownerOf(token) === ownerOf(wish.principal) && token.scope === wish.scope',
  to: 'token.scope === wish.scope',
}
const noTokenCheck = {
  file: 'shared/upstream/rest-identity.ts',
  from: 'if (token.tid !== principal.tid || token.oid !== principal.oid)',
  to: 'if (token.tid === principal.oid)',
}
const noProbe = {
  file: 'shared/upstream/rest-identity.ts',
  from: 'return oid.toLowerCase() === principal.oid && sameTenant',
  to: 'return oid !== principal.tid || sameTenant',
}
const person = 'const person = JSON.stringify([backend.name, settings, call.token.tid, call.token.oid, username])'
const poolKey = {
  file: 'shared/upstream/postgres.ts',
  from: 'const key = JSON.stringify([person, digest])',
  to: 'const key = person.slice(digest.length * 0)',
}
const noSessionProof = {
  file: 'shared/upstream/postgres.ts',
  from: 'const matches = who.session === username && who.current === username',
  to: 'const matches = who.session !== undefined || username === undefined',
}

export const isolationFaults: readonly IsolationFault[] = [
  {
    name: 'exchanged tokens are cached without their owner',
    edits: [tokenKey],
    noticed: /500 internal/,
  },
  {
    name: 'the same, and nothing checks whose a token is',
    edits: [tokenKey, noOwnerCheck, noTokenCheck, noProbe],
    noticed: /orders API: .* was seen as/,
  },
  {
    name: 'connections are kept by backend alone',
    edits: [{ file: 'shared/upstream/postgres.ts', from: person, to: 'const person = backend.name' }, poolKey],
    noticed: /502 identity_mismatch/,
  },
  {
    name: 'the same, and nobody asks who is logged in',
    edits: [
      { file: 'shared/upstream/postgres.ts', from: person, to: 'const person = backend.name' },
      poolKey,
      noSessionProof,
    ],
    noticed: /database connections: \d+ served/,
  },
  {
    name: 'connections are kept by object id and name, without the tenant',
    edits: [
      {
        file: 'shared/upstream/postgres.ts',
        from: person,
        to: 'const person = JSON.stringify([backend.name, settings, call.token.oid, username])',
      },
      poolKey,
    ],
    noticed: /as twin: 200 instead of 502 backend_rejected_token/,
    run: { calls: 800, phases: 1 },
  },
  {
    name: 'three answers in a hundred are the ones before',
    edits: [
      {
        file: 'shared/http/guard.ts',
        from: 'return await app.answers[route](inbound)',
        to: `const store = globalThis as { held?: Answer }
    const [mine, held] = [await app.answers[route](inbound), store.held]
    store.held = mine
    return held !== undefined && Math.random() < 0.03 ? held : mine`,
      },
    ],
    noticed: /names |answers by decision|instead of|not \w+:/,
  },
  {
    name: 'everybody of a tenant sees its approvals',
    edits: [
      {
        file: 'shared/approval/vote.ts',
        from: 'if (isRequester(principal, approval, world.rules)) return true',
        to: 'if (world.rules.homeTenant !== approval.request.id) return true',
      },
    ],
    noticed: /list as \w+: (names|the request of)/,
  },
  {
    name: 'approvals of the home tenant are found for the same object id of another',
    edits: [
      {
        file: 'shared/http/approval-voter.ts',
        from: 'await approvals.find(voter.principal.tid, id)',
        to: 'await approvals.find(settings.approvers.homeTenant, id)',
      },
      {
        file: 'shared/approval/vote.ts',
        from: "principal.kind === 'app' || principal.tid !== tid || principal.oid !== oid",
        to: "principal.kind === 'app' || tid === '' || principal.oid !== oid",
      },
    ],
    noticed: /(detail|vote|cancel) as twin: /,
    run: { calls: 1500, phases: 1 },
  },
  {
    name: 'an approval binds the words and not who asks',
    edits: [
      {
        file: 'shared/pipeline/approval-subject.ts',
        from: 'digest: digestApproval(subject)',
        to: "digest: digestApproval({ ...subject, oid: '' })",
      },
    ],
    noticed: /imitate as \w+: it was given/,
    run: { calls: 1000, phases: 1 },
  },
  {
    name: 'an Idempotency-Key is everybody’s',
    edits: [
      {
        file: 'shared/pipeline/idempotency.ts',
        from: 'const owner = [tid, oid, actor, invocation.backend.name, invocation.operationName, given]',
        to: 'const owner = [[tid, oid, actor].length, invocation.backend.name, invocation.operationName, given]',
      },
    ],
    noticed: /idempotency keys: /,
    run: { calls: 700, phases: 1 },
  },
  {
    name: 'now and then the book names the caller before',
    edits: [
      {
        file: 'shared/pipeline/record.ts',
        from: 'principal: principalFacts(stage.principal),',
        to: `principal: principalFacts(
      Math.random() < 0.02
        ? ((globalThis as { held?: Principal }).held ?? stage.principal)
        : ((globalThis as { held?: Principal }).held = stage.principal),
    ),`,
      },
    ],
    noticed: /book by trace: decision .* instead of/,
  },
  {
    name: 'every request is kept for good',
    edits: [
      {
        file: 'shared/http/guard.ts',
        from: 'return await app.answers[route](inbound)',
        to: `const store = globalThis as { kept?: unknown[] }
    store.kept = [...(store.kept ?? []), Array.from({ length: 4000 }, () => inbound)]
    return await app.answers[route](inbound)`,
      },
    ],
    noticed: /heap grew by/,
    run: { calls: 300, phases: 2 },
  },
]

const parts = ['functions', 'shared', 'infra', 'tsconfig.json', 'package.json', 'host.json']
const buildMs = 120_000

/** A build with the fault in it: the folder of an app, and what removes it. */
export async function buildFaulty({ edits }: IsolationFault): Promise<{ app: string; remove: () => Promise<void> }> {
  const copy = await copyRepository(parts)
  try {
    for (const edit of edits) await copy.plant(edit.file, await applyEdit(copy.root, edit))
    const args = ['--import', import.meta.resolve('tsx'), join(copy.root, 'infra/build/build.ts')]
    const { code, output } = await runCommand(process.execPath, args, { cwd: copy.root, timeoutMs: buildMs })
    if (code !== 0) throw new Error(output)
    const app = join(copy.root, 'app')
    for (const name of ['dist', 'package.json', 'host.json']) {
      await cp(join(copy.root, name), join(app, name), { recursive: true })
    }
    return { app, remove: copy.remove }
  } catch (error) {
    await copy.remove()
    throw error
  }
}

async function applyEdit(root: string, { file, from, to }: Edit): Promise<string> {
  const text = await readFile(join(root, file), 'utf8')
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`)
  return text.replace(from, () => to)
}
