/** Prints what the vault of a running stack lets the verifier's identity do; started with the stack's authority. */
import { KeyClient } from '@azure/keyvault-keys'
import { SecretClient } from '@azure/keyvault-secrets'
import { createAgent } from '../../infra/local/demo/client.ts'
import { localFolder, readRunningStack } from '../../infra/local/stack/local-folder.ts'
import { monthlySecretName } from '../../shared/audit/key-months.ts'

const stack = readRunningStack(localFolder())
if (stack === null) throw new Error('no stack is running')
const agent = createAgent(stack)
const credential = {
  getToken: async () => {
    const token = await agent.signIn('verifier', { version: 1, aud: 'https://vault.localhost' })
    return { token, expiresOnTimestamp: Date.now() + 300_000 }
  },
}
const options = { retryOptions: { maxRetries: 0 } }
const secrets = new SecretClient(stack.vault, credential, options)
const keys = new KeyClient(stack.vault, credential, options)
const name = monthlySecretName(Date.now())

const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
  read: () => secrets.getSecret(name),
  set: () => secrets.setSecret(name, 'another'),
  disable: async () => {
    const { properties } = await secrets.getSecret(name)
    return secrets.updateSecretProperties(name, properties.version ?? '', { enabled: false })
  },
  remove: () => secrets.beginDeleteSecret(name),
  sign: () => keys.createEcKey('verifier-key'),
}
const results: Record<string, number> = {}
for (const [what, attempt] of Object.entries(attempts)) {
  results[what] = await attempt().then(
    () => 200,
    (error: { statusCode?: number }) => error.statusCode ?? 0,
  )
}
process.stdout.write(JSON.stringify(results))
