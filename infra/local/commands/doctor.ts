import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { listBackends } from '../../../shared/backend/catalogue.ts'
import type { Backend } from '../../../shared/backend/define.ts'
import type { CallAnswer, CallGateway } from '../doctor/call-check.ts'
import { readDeployment } from '../doctor/deployment.ts'
import { diagnose } from '../doctor/diagnose.ts'
import { openDirectory } from '../doctor/directory.ts'
import { type Finding, isWrong } from '../doctor/finding.ts'
import { type SignedIn, signInByTokens, signInLocally } from '../doctor/signed-in.ts'
import { localFolder, readRunningStack } from '../stack/local-folder.ts'

const functions = fileURLToPath(new URL('../../../functions/', import.meta.url))

/**
 * `npm run doctor [-- --json]`: for each configured backend of the running stack, or of the deployment whose settings
 * stand in the environment, whether scope, host, API, permission, consent, exchange and identity are as they have to be.
 * One line a check; exit code 1 where something is wrong, 69 where there is nothing to look at.
 */
export async function run(args: readonly string[]): Promise<number> {
  const own = readDeployment(process.env)
  const stack = own === null ? readRunningStack(localFolder()) : null
  const deployment = own ?? readDeployment(stack?.settings ?? {})
  if (deployment === null) return complain('no stack is running, and the environment has no settings of a deployment\n')
  const { COUNTERSIGN_PUBLIC_URL: url, COUNTERSIGN_CLOUD: cloud } = deployment
  const signedIn = stack === null ? signInByTokens(process.env, { url, cloud }) : await signInLocally(stack)
  const findings = await diagnose({
    deployment,
    declared: await loadDeclared(),
    directory: openDirectory(signedIn.graph, signedIn.graphToken),
    person: signedIn.person,
    call: callAs(signedIn),
  })
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(findings)}\n` : describe(findings))
  return findings.some(isWrong) ? 1 : 0
}

async function loadDeclared(): Promise<readonly Backend[]> {
  const { warn } = console
  // Outside of a Functions host the library says of each trigger that it was not registered: that is the point here.
  console.warn = () => undefined
  try {
    const files = readdirSync(functions).filter((name) => name.endsWith('.ts'))
    for (const file of files) await import(new URL(`../../../functions/${file}`, import.meta.url).href)
  } finally {
    console.warn = warn
  }
  return listBackends()
}

function callAs({ gateway, gatewayToken }: SignedIn): CallGateway {
  return async (backend, operation, inputs) => {
    const response = await fetch(`${gateway}/api/${backend}/${operation}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gatewayToken}`,
        'content-type': 'application/json',
        'countersign-agent': 'doctor',
        'countersign-purpose': 'to see whether this deployment works',
      },
      body: JSON.stringify(inputs),
      signal: AbortSignal.timeout(60_000),
    })
    return { status: response.status, body: (await response.json()) as CallAnswer['body'] }
  }
}

function describe(findings: readonly Finding[]): string {
  const lines = findings.map((finding) => {
    const { backend, check, code, detail, next } = finding
    const line = `${isWrong(finding) ? 'WRONG' : 'ok   '} ${backend} ${check}: ${code} (${detail})`
    return next === '' ? line : `${line}\n      ${next}`
  })
  const wrong = findings.filter(isWrong).length
  return [...lines, wrong === 0 ? 'Nothing is wrong.' : `${wrong} of ${findings.length} checks are wrong.`, ''].join(
    '\n',
  )
}

function complain(message: string): number {
  process.stderr.write(message)
  return 69
}
