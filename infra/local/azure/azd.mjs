/** A program named azd, for the hooks: `version`, `auth token` and `env set`, answered by the stand-in of Azure. */
const [url, ...args] = process.argv.slice(2)

async function ask(path, body) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { isFine: response.ok, answer: await response.json() }
}

async function main() {
  const [area, verb, ...rest] = args
  if (area === 'version') return print({ azd: { version: '1.24.3' } })
  if (area === 'env' && verb === 'set') return void (await ask('/cli/env', { name: rest[0], value: rest[1] }))
  if (area !== 'auth' || verb !== 'token') return fail({ error: 'unknown command' })
  const { isFine, answer } = await ask('/cli/token', { scope: rest[rest.indexOf('--scope') + 1] })
  return isFine ? print(answer) : fail(answer)
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

function fail(value) {
  process.stderr.write(`${JSON.stringify(value)}\n`)
  process.exitCode = 1
}

await main()
