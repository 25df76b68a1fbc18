// A time stamping authority of openssl's own (`openssl ts -reply`) behind a small HTTP server, with a certificate authority
// of its own. Differs from a public one: a policy of no meaning, and no clock but this machine's.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface StampingAuthority {
  readonly url: string
  /** PEM file of the authority's root. */
  readonly root: string
  readonly folder: string
  /** Replies made so far. */
  readonly count: () => number
  readonly close: () => void
}

const configuration = `
[ tsa ]
default_tsa = local
[ local ]
dir = .
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
clock_precision_digits = 0
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ stamping ]
extendedKeyUsage = critical,timeStamping
`

export async function startAuthority(): Promise<StampingAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'tsa-'))
  writeFileSync(join(folder, 'tsa.cnf'), configuration)
  writeFileSync(join(folder, 'serial'), '01\n')
  makeCertificates(folder)
  let count = 0
  const server = createServer((request, response) => {
    count++
    answer(folder, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    ...{ url, folder, root: join(folder, 'root.pem'), count: () => count },
    close() {
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function makeCertificates(folder: string): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const root = ['req', '-x509', ...curve, '-subj', '/CN=root', '-days', '2', '-keyout', 'root.key', '-out', 'root.pem']
  const asked = ['req', '-new', ...curve, '-subj', '/CN=stamps', '-keyout', 'tsa.key', '-out', 'tsa.csr']
  const signer = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-days', '2']
  const given = [
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    ...signer,
    '-out',
    'tsa.pem',
    '-extfile',
    'tsa.cnf',
    '-extensions',
    'stamping',
  ]
  for (const args of [root, asked, given]) openssl(folder, args)
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  writeFileSync(join(folder, 'query.tsq'), Buffer.concat(chunks))
  const signer = ['-signer', 'tsa.pem', '-inkey', 'tsa.key', '-config', 'tsa.cnf', '-section', 'local']
  openssl(folder, ['ts', '-reply', '-queryfile', 'query.tsq', ...signer, '-out', 'reply.tsr'])
  response.setHeader('Content-Type', 'application/timestamp-reply')
  response.end(readFileSync(join(folder, 'reply.tsr')))
}

/** Runs openssl in a folder; throws with what it said where it fails. */
export function openssl(folder: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('openssl', [...args], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args[0]} ${args[1]}: ${stderr}`)
  return stdout
}
