/**
 * Stands in for the token services of Google (`sts.googleapis.com`), Salesforce, SAP and AWS at once, behind an injected
 * `fetch`. Each checks the assertion as documented: signature, issuer, audience, client. Unlike them it keeps no consent,
 * no sessions and no expiry of what it gave.
 */
import { createAws } from './foreign-aws.ts'
import { type Person, people, personOf } from './foreign-people.ts'
import { personAsserted } from './foreign-saml.ts'

export const audiences = { google: 'api://google', salesforce: 'api://salesforce', sap: 'https://sap.example' }
const workforce = '//iam.googleapis.com/locations/global/workforcePools/people/providers/entra'
export const secrets: Readonly<Record<string, string>> = { 'backend-salesforce': 's3cret', 'backend-sap': 'p:a/ss' }

export interface Asked {
  readonly url: string
  readonly init: RequestInit
  readonly body: string
}

export type Fault = Response | 'down' | 'hang' | 'huge'

const refused = (error: string, status = 400) => Response.json({ error }, { status })

function google({ body, init }: Asked): Response {
  const asked = JSON.parse(body) as Record<string, string>
  if (new Headers(init.headers).has('authorization')) return refused('invalid_request')
  if (asked.audience !== workforce || JSON.parse(asked.options ?? '{}').userProject !== 'quota-1')
    return refused('invalid_target')
  const person = personOf(asked.subjectToken ?? '', audiences.google)
  const right = asked.subjectTokenType === 'urn:ietf:params:oauth:token-type:jwt'
  if (person === undefined || !right) return refused('invalid_grant')
  return Response.json({ access_token: `google-${person.oid}`, expires_in: 3599, token_type: 'Bearer' })
}

function salesforce({ url, init, body }: Asked, as: (person: Person) => Person): Response {
  if (url.endsWith('/userinfo')) {
    const token = new Headers(init.headers).get('authorization')?.replace('Bearer sf-', '')
    const user = people.find(({ oid }) => oid === token)
    return user === undefined ? refused('invalid_token', 401) : Response.json({ preferred_username: as(user).upn })
  }
  const form = new URLSearchParams(body)
  if (form.get('client_secret') !== secrets['backend-salesforce']) return refused('invalid_client', 401)
  const person = personOf(form.get('subject_token') ?? '', audiences.salesforce)
  if (person === undefined) return refused('invalid_grant')
  return Response.json({ access_token: `sf-${person.oid}`, instance_url: 'https://acme.my.salesforce.com' })
}

function sap({ url, init, body }: Asked, now: () => number): Response {
  const form = new URLSearchParams(body)
  const [, basic = ''] = (new Headers(init.headers).get('authorization') ?? '').split('Basic ')
  const client = Buffer.from(basic, 'base64').toString()
  if (client !== `COUNTERSIGN:${encodeURIComponent('p:a/ss')}`) return refused('invalid_client', 401)
  const person = personAsserted(form.get('assertion') ?? '', { audience: audiences.sap, recipient: url }, now())
  return person === undefined
    ? refused('invalid_grant')
    : Response.json({ access_token: `sap-${person.oid}`, expires_in: 600 })
}

/** All of them, with a fault for the next answers and a record of what was asked. */
export function createForeignServices(now: () => number) {
  const aws = createAws(now)
  const world = { asked: [] as Asked[], fault: null as Fault | null, as: (person: Person) => person, aws }

  async function answer(asked: Asked): Promise<Response> {
    const url = new URL(asked.url)
    const request = {
      method: asked.init.method ?? 'GET',
      url,
      headers: new Headers(asked.init.headers),
      body: asked.body,
    }
    if (url.host === 'sts.googleapis.com') return google(asked)
    if (url.host === 'acme.my.salesforce.com') return salesforce(asked, world.as)
    if (url.host === 'sap.example') return sap(asked, now)
    if (url.host.startsWith('oidc.')) return aws.identityCenter(request)
    return aws.sts(request)
  }

  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const asked = { url: String(input), init, body: String(init.body ?? '') }
    world.asked.push(asked)
    const { fault } = world
    if (fault === 'down') throw new TypeError('fetch failed')
    if (fault === 'huge') return new Response('x'.repeat(300_000))
    if (fault === 'hang')
      return new Promise((_resolve, reject) =>
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      )
    return fault?.clone() ?? answer(asked)
  }
  return { ...world, world, fetch }
}
