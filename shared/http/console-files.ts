import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clouds } from '../config/clouds.ts'
import type { Settings } from '../config/settings.ts'
import { Problem } from '../errors/problem.ts'
import { controlScope } from '../identity/challenge.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'

/** The page's files as the build leaves them, by the last part of their address. */
const types: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '': { file: 'index.html', type: 'text/html; charset=utf-8' },
  'app.js': { file: 'app.js', type: 'text/javascript; charset=utf-8' },
  'style.css': { file: 'style.css', type: 'text/css; charset=utf-8' },
}

/** `GET /console`, its script and its style sheet, and what the script must know to sign a person in. */
export function createConsole(settings: Settings, folder: string): (inbound: Inbound) => Promise<Answer> {
  const signIn = signInSettings(settings)
  return async ({ operation }) => {
    if (operation === 'config.json') return answerJson(200, signIn)
    const asked = Object.hasOwn(types, operation) ? types[operation] : undefined
    if (asked === undefined) throw new Problem('operation_unknown', 'The console has no such file.')
    const body = await readFile(join(folder, asked.file), 'utf8')
    const headers = { ...answerJson(200, null).headers, ...pagePolicy(signIn.tokenUrl), 'content-type': asked.type }
    return { status: 200, headers, body }
  }
}

function signInSettings(settings: Settings) {
  const host = `https://${clouds[settings.COUNTERSIGN_CLOUD].entra}`
  const base = `${settings.COUNTERSIGN_ENTRA_URL ?? host}/${settings.COUNTERSIGN_HOME_TENANT}/oauth2/v2.0`
  return {
    issuer: `${host}/${settings.COUNTERSIGN_HOME_TENANT}/v2.0`,
    authorizeUrl: `${base}/authorize`,
    tokenUrl: `${base}/token`,
    clientId: settings.COUNTERSIGN_CONSOLE_CLIENT_ID,
    scope: `api://${settings.COUNTERSIGN_CLIENT_ID}/${controlScope}`,
  }
}

/** The page runs its own script, speaks with the gateway and the sign-in, and is in nobody's frame. */
function pagePolicy(tokenUrl: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src 'self' ${new URL(tokenUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  }
}
