/**
 * Stands in for what `azd` does for the hooks: its version, tokens of whoever is signed in, values of the environment.
 * The program itself (azd.mjs) only asks here. Tokens come from the sign-in stand-in; nobody proves anything.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Endpoint, parseObject, type Reply, type Request } from '../entra/wire.ts'
import { apps } from '../personas.ts'
import type { AzureTenant } from './tenant.ts'

const program = fileURLToPath(new URL('./azd.mjs', import.meta.url))

/** Makes a folder with a program `azd` that asks this stand-in; to be put before the path. */
export function writeCommands(folder: string, url: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'azd')
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${program}' '${url}' "$@"\n`)
  chmodSync(file, 0o755)
  return folder
}

/** `entra` is the sign-in stand-in's address. */
export function commandEndpoints(tenant: AzureTenant, entra: string): Endpoint[] {
  return [
    { method: 'POST', pattern: /^\/cli\/token$/, handle: (request) => giveToken(tenant, request, entra) },
    { method: 'POST', pattern: /^\/cli\/env$/, handle: (request) => keep(tenant, request) },
  ]
}

/** What `azd auth token` says: a token, or why there is none, as azd words it. */
async function giveToken({ signedIn }: AzureTenant, { body }: Request, entra: string): Promise<Reply> {
  if (signedIn === null) return { status: 401, body: { error: 'not logged in, run `azd auth login` to login' } }
  if ('refused' in signedIn) return { status: 400, body: { error: `${signedIn.refused}: Entra refuses. Trace ID: x` } }
  const order = { persona: signedIn.persona, ...shapeOf(String(parseObject(body).scope), signedIn.overrides) }
  const response = await fetch(`${entra}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  })
  const { token } = (await response.json()) as { readonly token?: string }
  return { status: 200, body: { token, expiresOn: new Date(Date.now() + 3_600_000).toISOString() } }
}

function shapeOf(scope: string, overrides: object): object {
  const aud = scope.replace(/\/\.default$/, '')
  if (aud === apps.api) return overrides
  return { aud, version: 1, scope: aud.includes('graph') ? 'Application.ReadWrite.All' : 'user_impersonation' }
}

function keep({ kept }: AzureTenant, { body }: Request): Reply {
  const { name, value } = parseObject(body)
  kept.set(String(name), String(value))
  return { status: 200, body: {} }
}
