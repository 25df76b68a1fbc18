import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { apps, personas } from '../../../infra/local/personas.ts'
import { makeSshAuthority, type SshAuthority } from '../../../infra/local/ssh/authority.ts'
import { type SshServer, startSshServer } from '../../../infra/local/ssh/server.ts'
import { readMachines } from '../../../shared/backend/command-list.ts'
import { createExchange, type Exchange } from '../../../shared/identity/entra-exchange.ts'
import type { Assertion, ExchangedToken } from '../../../shared/identity/principal.ts'
import type { Executor } from '../../../shared/pipeline/ports.ts'
import { createSshExecutor, type SshLimits } from '../../../shared/upstream/ssh.ts'
import { verifierSettings } from '../../support/tokens.ts'
import { type PersonName, person } from './tds-bench.ts'

const linuxScope = 'https://pas.windows.net/CheckMyAccess/Linux/.default'

/** What a certificate says beside what the authority would: for whom, and seconds until its begin and end. */
export interface Terms {
  readonly principals?: readonly string[]
  readonly from?: number
  readonly to?: number
  readonly options?: Readonly<Record<string, string>>
}

/** A machine, an authority that it trusts, and Entra's stand-in, which asks that authority. */
export interface SshBench {
  readonly server: SshServer
  readonly entra: Entra
  readonly exchange: Exchange['exchange']
  /** A certificate of the person by the exchange itself; the usual one is made once, since keys take their time. */
  readonly tokenOf: (who: PersonName) => Promise<ExchangedToken>
  /** What the next certificates say. */
  terms: Terms
  /** Whose certificates the next ones are; the machine trusts the first alone. */
  authority: SshAuthority
  readonly makeExecutor: (limits?: SshLimits, hosts?: readonly string[], clock?: () => number) => Executor
  /** The machine as a deployment lists it. */
  readonly listed: string
  stop(): Promise<void>
}

/** Accounts for alice and bob, and one more name for bob's. */
export async function openBench(): Promise<SshBench> {
  const [alice, bob, heidi] = [personas.alice.username, personas.bob.username, personas.heidi.username]
  const folder = await mkdtemp(join(tmpdir(), 'ssh-'))
  await chmod(folder, 0o711)
  const authority = makeSshAuthority()
  const server = await startSshServer({
    folder,
    people: [alice, bob],
    aliases: { [heidi]: bob },
    authority: authority.publicLine,
  })
  const entra = await startEntra({
    certify: (key, name, now) => {
      const { principals = [name], from = -300, to = 3600, options = {} } = bench.terms
      return bench.authority.certify(key, { principals, validAfter: now + from, validBefore: now + to, options })
    },
  })
  const exchange = makeExchange(entra)
  const tokens = new Map<PersonName, Promise<ExchangedToken>>()
  const listed = `localhost:${server.port} SHA256:${server.fingerprint}`
  const bench: SshBench = {
    server,
    entra,
    exchange,
    terms: {},
    authority,
    listed,
    tokenOf: async (who) => {
      if (Object.keys(bench.terms).length > 0 || bench.authority !== authority) return exchange(wishOf(entra, who))
      const known = tokens.get(who) ?? exchange(wishOf(entra, who))
      tokens.set(who, known)
      return known
    },
    makeExecutor: (limits = {}, hosts = [listed], clock = Date.now) =>
      createSshExecutor({
        machineFor: (_backend, name) => readMachines(hosts).get(name) ?? null,
        clock,
        limits,
      }),
    stop: async () => {
      await server.stop()
      await entra.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return bench
}

/** An exchange with that stand-in, which proves the gateway by its managed identity. */
export function makeExchange(entra: Entra, deadline = 10_000): Exchange['exchange'] {
  return createExchange({
    settings: { ...verifierSettings, clientId: apps.api, entraUrl: entra.url },
    clientAssertion: () => askIdentity(entra),
    pepper: new Uint8Array(32),
    deadline,
  }).exchange
}

/** A token of the gateway's managed identity, as it proves itself to Entra. */
export async function askIdentity({ msi }: Entra): Promise<string> {
  const query = new URLSearchParams({
    'api-version': '2019-08-01',
    resource: 'api://AzureADTokenExchange',
    client_id: msi.clientId,
  })
  const answer = await fetch(`${msi.endpoint}?${query}`, { headers: { 'X-IDENTITY-HEADER': msi.header } })
  return ((await answer.json()) as { access_token: string }).access_token
}

/** What the line would ask of the exchange for this person. */
export function wishOf(entra: Entra, who: PersonName) {
  const { token } = entra.mint(who) as { token: string }
  return {
    principal: { ...person(who), canAnswerChallenge: true, expiresAt: Date.now() / 1000 + 3600 },
    assertion: { value: token } as Assertion,
    scope: linuxScope,
    form: 'ssh-cert' as const,
    correlationId: '0af7651916cd43dd8448eb211c80319c',
  }
}
