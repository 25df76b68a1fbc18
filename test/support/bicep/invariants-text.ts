import { literalText, walk } from './expression.ts'
import type { Invariant } from './invariants.ts'
import { rootsOf } from './symbols.ts'
import type { Template } from './template.ts'
import { placeOf } from './templates.ts'

/** Hosts that `environment()` knows, or that differ between clouds; suffixes of apps are told by no function. */
const hosts =
  /login\.microsoftonline|login\.chinacloudapi|management\.azure\.com|core\.windows\.net|core\.usgovcloudapi|vault\.azure\.(?:net|cn)|vault\.usgovcloudapi|database\.windows\.net|graph\.microsoft\.com|sts\.windows\.net/i
const keyed = /AccountKey=|SharedAccessKey=|SharedAccessSignature=|[?&]sig=|InstrumentationKey=/i
const asking = /^(list|listKeys|listAccountSas|listServiceSas|listSecrets|reference)$/

/** What stands in the files themselves. */
export const textInvariants: Readonly<Record<string, Invariant>> = {
  'nobody asks for a key': ({ templates }) =>
    calls(templates.values(), ({ name }) => asking.test(name) || name.startsWith('list')),
  'no text opens a door': ({ templates }) => texts(templates.values(), (text) => keyed.test(text)),
  'no secret is written down': ({ templates }) => texts(templates.values(), looksSecret),
  'no cloud is written down': ({ templates }) => texts(templates.values(), (text) => hosts.test(text)),
  'secret parameters are marked so, and have no text as their default': ({ templates }) =>
    [...templates.values()].flatMap((template) => template.parameters.flatMap((one) => judgeSecret(one, template))),
  'no output tells a secret': ({ templates }) =>
    [...templates.values()].flatMap((template) => {
      const secret = new Set(template.parameters.filter(isMarked).map(({ name }) => name))
      return template.outputs
        .filter(({ value }) => walk(value).some((one) => one.kind === 'name' && secret.has(one.name)))
        .map((one) => `${placeOf(template, one)} ${one.name} tells a secret`)
    }),
  'modules come from this repository alone': ({ templates }) =>
    [...templates.values()].flatMap((template) =>
      template.modules
        .filter(({ path }) => /^(br|ts)[:/]/.test(path))
        .map((one) => `${placeOf(template, one)} ${one.path}`),
    ),
}

function calls(
  templates: Iterable<Template>,
  isMeant: (call: { readonly name: string }) => boolean,
): readonly string[] {
  return [...templates].flatMap((template) =>
    rootsOf(template)
      .flatMap(walk)
      .filter((one) => one.kind === 'call' && isMeant(one))
      .map((one) => `${placeOf(template, one)} calls ${one.kind === 'call' ? one.name : ''}`),
  )
}

function texts(templates: Iterable<Template>, isMeant: (text: string) => boolean): readonly string[] {
  return [...templates].flatMap((template) =>
    rootsOf(template)
      .flatMap(walk)
      .filter((one) => one.kind === 'string' && one.parts.some((part) => typeof part === 'string' && isMeant(part)))
      .map((one) => `${placeOf(template, one)} ${literalText(one)?.slice(0, 24) ?? 'a text'}`),
  )
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A word of 24 signs or more that is neither a name nor a path has about as many different signs as chance gives it. */
function looksSecret(text: string): boolean {
  const words = text.split(/[\s'",;(){}[\]|]+/).filter((word) => word.length >= 24 && !guid.test(word))
  return words.some((word) => /^[A-Za-z0-9+/=_~.-]+$/.test(word) && isMixed(word) && entropyOf(word) > 4)
}

function isMixed(word: string): boolean {
  return [/[a-z]/, /[A-Z]/, /[0-9].*[0-9].*[0-9]/].every((kind) => kind.test(word))
}

/** Bits a sign. */
function entropyOf(word: string): number {
  const counts = [...new Set(word)].map((sign) => word.split(sign).length - 1)
  return -counts.reduce((sum, count) => sum + (count / word.length) * Math.log2(count / word.length), 0)
}

function isMarked({ decorators, shape }: Template['parameters'][number]): boolean {
  return 'secure' in decorators || (shape.kind === 'primitive' && shape.name.startsWith('secure'))
}

function judgeSecret(parameter: Template['parameters'][number], template: Template): readonly string[] {
  const sounds = /(password|secret|seed|apiKey|token|connectionString)$/i.test(parameter.name)
  const place = placeOf(template, parameter)
  if (sounds && parameter.shape.kind === 'primitive' && !isMarked(parameter))
    return [`${place} ${parameter.name} is not @secure()`]
  const text = isMarked(parameter) ? literalText(parameter.initial ?? undefined) : null
  return text === null ? [] : [`${place} the default of ${parameter.name} is written down`]
}
