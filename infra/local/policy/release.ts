import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { digestRelease, parseRelease, type SignedRelease, signRelease } from '../../../shared/policy/release.ts'
import { policyRequestSchema } from '../../../shared/policy/request.ts'
import { completeSketch, type Sketch } from '../../policy/sketch.ts'
import { readTables } from '../../policy/tables.ts'
import { localFolder, readRunningStack } from '../stack/local-folder.ts'
import { diffTexts, loadFolder, readOptions } from './folder.ts'
import { storeRelease } from './release-store.ts'

export interface ReleaseOrder {
  readonly folder: string
  readonly key: string
  readonly signer: string
  readonly out: string
  readonly notes: string
  /** The release before, whose number this one follows. */
  readonly previous?: string | undefined
  /** An earlier release whose content shall come back. */
  readonly back?: string | undefined
  /** A release that somebody else made and signed: look at it, and sign it too. */
  readonly sign?: string | undefined
}

/** `policy release`: makes a release of a folder and signs it, or signs one that another person made. */
export async function makeRelease(order: ReleaseOrder): Promise<number> {
  const key = createPrivateKey(await readFile(order.key, 'utf8'))
  const previous = order.previous === undefined ? null : await readRelease(order.previous)
  const unsigned = order.sign === undefined ? await composeRelease(order, previous) : await readRelease(order.sign)
  const signed = signRelease(unsigned, { signer: order.signer, key })
  const { release, signatures } = signed
  const changes = await diffTexts(previous?.release.policies ?? [], release.policies)
  for (const line of [...changes, ...besides(previous?.release ?? null, release)]) process.stdout.write(`${line}\n`)
  await writeFile(order.out, `${JSON.stringify(signed)}\n`)
  const names = signatures.map(({ signer }) => signer).join(', ')
  process.stdout.write(`release ${release.version}, ${digestRelease(release)}, signed by ${names}: ${order.out}\n`)
  return 0
}

/** What changes besides policies: a signer must see a test that goes away as well as a policy that comes. */
function besides(before: SignedRelease['release'] | null, after: SignedRelease['release']): readonly string[] {
  if (before === null) return []
  const [old, now] = [neversOf(before), neversOf(after)]
  return [
    ...(before.schema === after.schema ? [] : ['~ the schema is another']),
    ...[...old].filter(([call]) => !now.has(call)).map(([, name]) => `- must never: ${name}`),
    ...[...now].filter(([call]) => !old.has(call)).map(([, name]) => `+ must never: ${name}`),
  ]
}

function neversOf({ mustNever }: SignedRelease['release']): ReadonlyMap<string, string> {
  return new Map(mustNever.calls.map(({ name, request }) => [JSON.stringify([name, request]), name]))
}

/** Its calls that may never pass are those of the folder's tables, under the directory that the tables are for. */
async function composeRelease(order: ReleaseOrder, previous: SignedRelease | null): Promise<SignedRelease> {
  const place = {
    version: (previous?.release.version ?? 0) + 1,
    created: new Date().toISOString(),
    notes: order.notes,
    previous: previous === null ? null : digestRelease(previous.release),
  }
  const content = order.back === undefined ? await readContent(order.folder) : (await readRelease(order.back)).release
  return { release: { ...content, ...place }, signatures: [] }
}

async function readContent(
  folder: string,
): Promise<Pick<SignedRelease['release'], 'policies' | 'schema' | 'groups' | 'mustNever'>> {
  const { policies, schema, homeTenant, groups } = await readOptions(folder)
  await loadFolder(folder)
  const { nevers } = await readTables(`${folder}/tests`)
  const calls = nevers.flatMap(({ name, who, ...line }) =>
    who.map((one) => ({
      name: `${name} (${one})`.slice(0, 200),
      request: policyRequestSchema().parse(completeSketch({ ...line, who: one } as unknown as Sketch)),
    })),
  )
  const lists = Object.fromEntries(Object.entries(groups).map(([name, ids]) => [name, [...ids]]))
  return {
    policies: [...policies],
    schema,
    groups: Object.fromEntries(Object.keys(groups).map((name) => [name, []])),
    mustNever: { homeTenant, groups: lists, calls },
  }
}

/** A file of a release. Throws Error where it is none. */
async function readRelease(file: string): Promise<SignedRelease> {
  const release = parseRelease(await readFile(file, 'utf8'))
  if (release === null) throw new Error(`${file} is no release`)
  return release
}

/** `policy publish`: puts a release where the running stack looks for it. */
export async function publishRelease(file: string): Promise<number> {
  const { release, signatures } = await readRelease(file)
  if (signatures.length < 2) throw new Error(`${file} has one signature, and two are needed: release --sign`)
  const stack = readRunningStack(localFolder())
  if (stack === null) throw new Error('no stack is running: start one with npm start')
  await storeRelease(stack.blobs.connectionString, await readFile(file))
  process.stdout.write(
    `release ${release.version} is published; gateways that were started for releases load it within 30 s\n`,
  )
  return 0
}

/** `policy keygen`: a signer's own key (P-256), and the public half as COUNTERSIGN_POLICY_SIGNERS takes it. */
export async function makeKey(out: string): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(out, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  process.stdout.write(`${publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}\n`)
  return 0
}
