/** What only the stand-in has: tokens without a sign-in, signatures over anything, planted faults. */
import { type Persona, personaNamed } from '../personas.ts'
import type { EntraContext } from './context.ts'
import { parseFault } from './faults.ts'
import { type Json, signJws, signWithPublicKey } from './jws.ts'
import { type MintOverrides, mintToken } from './mint.ts'
import { type KeyName, keyNames } from './signing-keys.ts'
import { type Endpoint, parseObject, type Reply, type Request } from './wire.ts'

const badRequest = (message: string): Reply => ({ status: 400, body: { error: { code: 'BadRequest', message } } })

function mint(context: EntraContext, request: Request): Reply {
  const { scp, ...input } = parseObject(request.body)
  const persona: Persona | undefined = personaNamed(String(input.persona))
  if (!persona) return badRequest('No such persona.')
  // `scp` as text names scopes like `scope`; anything else (null, an array) is an override of the claim itself.
  const overrides = typeof scp === 'string' ? { ...input, scope: scp } : scp === undefined ? input : { ...input, scp }
  const { claims: _inside, ...answer } = mintToken(context, persona, overrides as MintOverrides)
  return { status: 200, body: answer }
}

const objectIn = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {})

function sign(context: EntraContext, request: Request): Reply {
  const input = parseObject(request.body)
  const confused = input.key === 'hs256-public'
  const name = (confused ? 'current' : (input.key ?? 'current')) as KeyName
  if (!keyNames.includes(name)) return badRequest('No such key.')
  const key = context.ring[name]
  const standard = { typ: 'JWT', alg: confused ? 'HS256' : 'RS256', kid: key.kid }
  const header = input.header === undefined ? standard : objectIn(input.header)
  const claims = objectIn(input.claims)
  try {
    const token = confused ? signWithPublicKey(header, claims, key.publicKey) : signJws(header, claims, key.privateKey)
    return { status: 200, body: { token, kid: key.kid } }
  } catch {
    return badRequest('The header names an algorithm that this key cannot sign with.')
  }
}

function plant(context: EntraContext, request: Request): Reply {
  const fault = parseFault(parseObject(request.body), 'token')
  if (!fault) return badRequest('Unknown kind or target.')
  context.faults.add(fault)
  return { status: 200, body: { planted: context.faults.count() } }
}

function clear(context: EntraContext): Reply {
  context.faults.clear()
  return { status: 200, body: { planted: 0 } }
}

export function devEndpoints(context: EntraContext): Endpoint[] {
  return [
    { method: 'POST', pattern: /^\/dev\/token$/, handle: (request) => mint(context, request) },
    { method: 'POST', pattern: /^\/dev\/sign$/, handle: (request) => sign(context, request) },
    { method: 'POST', pattern: /^\/dev\/fault$/, handle: (request) => plant(context, request) },
    { method: 'DELETE', pattern: /^\/dev\/fault$/, handle: () => clear(context) },
  ]
}
