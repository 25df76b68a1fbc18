// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Bicep writes it
import { describe, expect, it } from 'vitest'
import { findLateFaults } from '../support/bicep/constants.ts'
import { literalText, memberOf } from '../support/bicep/expression.ts'
import { findModuleFaults } from '../support/bicep/modules.ts'
import { openTypes } from '../support/bicep/published-types.ts'
import { findTypeFaults } from '../support/bicep/resource-types.ts'
import { findSymbolFaults } from '../support/bicep/symbols.ts'
import { readTemplate } from '../support/bicep/template.ts'
import { readTexts } from '../support/bicep/templates.ts'
import { judgedBy } from '../support/specs/sources.ts'

const types = openTypes(`${process.env.SPECS_DIR}/bicep-types`)
const valueAt = (text: string) => readTemplate('a.bicep', `var a = ${text}\n`).variables[0]?.value

/** An expression in full brackets. */
function show(value: ReturnType<typeof valueAt>): string {
  switch (value?.kind) {
    case 'name':
      return value.name
    case 'number':
      return String(value.value)
    case 'string':
      return `'${value.parts.map((part) => (typeof part === 'string' ? part : `{${show(part)}}`)).join('')}'`
    case 'member':
      return `${show(value.of)}.${value.name}`
    case 'index':
      return `${show(value.of)}[${show(value.index)}]`
    case 'call':
      return `${value.of === null ? '' : `${show(value.of)}.`}${value.name}(${value.args.map(show).join(' ')})`
    case 'operation':
      return `(${value.operands.map(show).join(value.operator)})`
    case 'choice':
      return `(${show(value.condition)}?${show(value.yes)}:${show(value.no)})`
    case 'lambda':
      return `<${value.names.join(' ')}:${show(value.body)}>`
    case 'loop':
      return `[${value.names.join(' ')} of ${show(value.over)}:${show(value.body)}]`
    case 'array':
      return `[${value.items.map(show).join(' ')}]`
    case 'spread':
      return `...${show(value.of)}`
    case 'object':
      return `{${value.members.map((member) => `${member.name ?? ''}=${show(member.value)}`).join(' ')}}`
    default:
      return value?.kind ?? ''
  }
}

describe('an expression', () => {
  it.each([
    ['c ? x : y.b', '(c?x:y.b)'],
    ['a ? b : c ? d : e[0]', '(a?b:(c?d:e[0]))'],
    ['a\n  ? b\n  : c', '(a?b:c)'],
    ['!a.b && !empty(c)', '((a.b)&&(empty(c)))'],
    ['a || b && c == d', '(a||(b&&(c==d)))'],
    ['a + 2 * 3', '(a+(2*3))'],
    ['a ?? b.c', '(a??b.c)'],
    ["a.?b ?? 'x'", "(a.b??'x')"],
    ['m!.outputs.id', 'm.outputs.id'],
    ["map(l, x => x.a == 'y' && x.b)", "map(l <x:((x.a=='y')&&x.b)>)"],
    ['reduce(l, 0, (x, y) => x + y)', 'reduce(l 0 <x y:(x+y)>)'],
    ['filter(l, x => x.a == y)[0].id', 'filter(l <x:(x.a==y)>)[0].id'],
    ["'${a}//b${'in ${c}'}'", "'{a}//b{'in {c}'}'"],
    ["'a\\'b\\u{41}\\${c}'", "'a'bA${c}'"],
    ["'''\nmany\nlines'''", "'many\nlines'"],
    ['[for (x, i) in range(0, 3): x]', '[x i of range(0 3):x]'],
    ['[\n  ...a\n  b // why\n]', '[...a b]'],
    ['{ ...a.b, c: 1 }', '{=...a.b c=1}'],
    ["{ 'a-b': 1 }", '{a-b=1}'],
    ['az.resourceGroup().location', 'az.resourceGroup().location'],
  ])('is read as Bicep binds it: %s', (text, shown) => {
    expect(show(valueAt(text))).toBe(shown)
    expect(readTemplate('a.bicep', `var a = ${text}\n`).faults).toEqual([])
  })
})

describe('a file', () => {
  const template = readTemplate(
    'a.bicep',
    `extension microsoftGraphV1
targetScope = 'subscription'
@secure()
@minLength(3)
param p string?
param q 'a' | 'b' = 'a'
resource r 'A.B/cs@2020-01-01' existing = if (p == 'x') {
  name: 'n'
  resource inner 'ds' = {
    name: 'i'
  }
}
module m 'b.bicep' = [for x in [1, 2]: {
  params: { x: x }
}]
output o string = r::inner.id
`,
  )

  it('has parameters, resources with those around them, modules and outputs', () => {
    expect(template.faults).toEqual([])
    expect(template.scope).toBe('subscription')
    expect(Object.keys(template.parameters[0]?.decorators ?? {})).toEqual(['secure', 'minLength'])
    expect(template.parameters[1]?.shape.kind).toBe('union')
    expect(template.resources.map(({ type, version, isExisting }) => [type, version, isExisting])).toEqual([
      ['A.B/cs', '2020-01-01', true],
      ['A.B/cs/ds', '2020-01-01', false],
    ])
    expect(template.resources[0]?.condition?.kind).toBe('operation')
    expect(literalText(memberOf(template.resources[1]?.body, 'name'))).toBe('i')
    expect(template.modules[0]?.loop?.names).toEqual(['x'])
    expect(template.outputs.map(({ name }) => name)).toEqual(['o'])
  })

  it('shows what the grammar was not shown', () => {
    expect(template.unseen).toEqual(['extension microsoftGraphV1'])
  })

  it.each([
    ['a brace that does not close', "resource r 'A.B/c@2020-01-01' = {\n  name: 'n'\n"],
    ['an assignment without a value', 'var a =\nvar b = 1\n'],
    ['a string that does not end', "var a = 'x\nvar b = 1\n"],
    ['a word that means nothing', 'paramm x string\n'],
    ['two statements on one line', 'var a = 1 var b = 2\n'],
    ['two members on one line', 'var a = { b: 1 c: 2 }\n'],
    ['an operator without its other side', 'var a = 1 +\n'],
  ])('is not read over %s', (_what, text) => {
    expect(readTemplate('a.bicep', text).faults).not.toEqual([])
  })
})

const account = (body: string, more = '') => `
resource s 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: 'account'
  location: 'x'
  ${more}
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: { ${body} }
}
`

describe('symbols', () => {
  it.each([
    ['a name that nobody declares', 'output o string = nothing\n', 'nobody declares nothing'],
    ['a function that Bicep does not have', "output o string = toLowerCase('A')\n", 'has no function toLowerCase'],
    [
      'a loop variable outside of its loop',
      'output o array = [for x in [1]: x]\noutput p int = x\n',
      'nobody declares x',
    ],
    ['a parameter that nobody uses', 'param p string\n', 'nobody uses p'],
    ['a variable that nobody uses', 'var v = 1\n', 'nobody uses v'],
    ['one name for two things', 'param p string\nvar p = 1\noutput o string = p\n', 'declares p twice'],
    ['a default that uses a variable', "var v = 'x'\nparam p string = v\noutput o string = p\n", 'only parameters may'],
    [
      'a group where there is none',
      "targetScope = 'subscription'\noutput o string = resourceGroup().id\n",
      'resourceGroup() is not known',
    ],
  ])('tell %s', (_what, text, said) => {
    const templates = readTexts({ 'a.bicep': text })
    expect([...templates.values()].flatMap((file) => findSymbolFaults(file, templates)).join('\n')).toContain(said)
  })

  it.each([
    ['is not given what it needs', '  params: {}\n', 'is not given need'],
    ['is given what it does not take', "  params: { need: 'a', more: 1 }\n", 'takes no more'],
    ['is given another kind', '  params: { need: 1 }\n', 'need is of kind int'],
    ['is given what is not allowed', "  params: { need: 'c' }\n", 'need may not be c'],
  ])('tell a module that %s', (_what, params, said) => {
    const templates = readTexts({
      'infra/a.bicep': `module m 'b.bicep' = {\n${params}}\noutput o string = m.outputs.got\n`,
      'infra/b.bicep': "@allowed(['a', 'b'])\nparam need string\noutput got string = need\n",
    })
    const [file] = templates.values()
    expect(findModuleFaults(file!, templates).join('\n')).toContain(said)
    expect(findSymbolFaults(file!, templates)).toEqual([])
  })

  it('tell an output that the module does not have, and a module and a file that are not there', () => {
    const templates = readTexts({
      'infra/a.bicep':
        "module m 'b.bicep' = {\n}\nmodule n 'none.bicep' = {\n}\noutput o string = m.outputs.none\noutput t string = loadTextContent('none.txt')\n",
      'infra/b.bicep': '',
    })
    const [file] = templates.values()
    expect(findSymbolFaults(file!, templates).join('\n')).toContain('infra/b.bicep has no output none')
    expect(findModuleFaults(file!, templates).join('\n')).toMatch(
      /none\.bicep is not there[\s\S]*none\.txt is not there/,
    )
  })

  it.each([
    ['a name', "resource r 'A.B/c@2020-01-01' = {\n  name: s.properties.x\n}\n"],
    ['a name, by a variable', "var v = guid(s.properties.x)\nresource r 'A.B/c@2020-01-01' = {\n  name: v\n}\n"],
    ['a condition', "resource r 'A.B/c@2020-01-01' = if (s.properties.x) {\n  name: 'x'\n}\n"],
    ['a loop', "resource r 'A.B/c@2020-01-01' = [for x in s.properties.x: {\n  name: x\n}]\n"],
  ])('tell %s that is known only after deployment', (_what, text) => {
    const template = readTemplate('a.bicep', `${account('')}${text}`)
    expect(findLateFaults(template, null)).toHaveLength(1)
    const early = readTemplate('a.bicep', `${account('')}${text}`.replaceAll('s.properties.x', 's.name'))
    expect(findLateFaults(early, null)).toEqual([])
  })
})

describe('published types', () => {
  const judge = (text: string) => {
    const templates = readTexts({ 'a.bicep': text })
    return [...templates.values()].flatMap((template) => findTypeFaults({ template, templates, types })).join('\n')
  }

  judgedBy('bicep-types')('pass a storage account that is as they say', () => {
    expect(judge(account("allowSharedKeyAccess: false, minimumTlsVersion: true ? 'TLS1_2' : 'TLS1_3'"))).toBe('')
  })

  const cases: readonly (readonly [string, string, string])[] = [
    ['a member that is misspelt', account('allowSharedKeyAcces: false'), 'allowSharedKeyAcces is no member'],
    ['a member deep inside', account('encryption: { services: { blobs: {} } }'), 'services.blobs is no member'],
    ['a required member that is missing', account('').replace("  kind: 'StorageV2'\n", ''), 's lacks kind'],
    ['a read-only member that is set', account("primaryLocation: 'x'"), 'primaryLocation is read-only'],
    ['a text that is none of the known', account("minimumTlsVersion: 'TLS12'"), 'is TLS12, none of'],
    ['a text in place of a truth', account("allowSharedKeyAccess: 'false'"), 'is of kind string, not bool'],
    ['a number in place of a text', account('allowedCopyScope: 1'), 'is of kind int, not string'],
    ['one side of a choice', account("accessTier: true ? 'Hot' : 'Warm'"), 'is Warm'],
    [
      'a variable',
      `var v = { allowSharedKey: false }\n${account('').replace('properties: {  }', 'properties: v')}`,
      'allowSharedKey is no',
    ],
    [
      'an allowed value of a parameter',
      `@allowed(['Hot', 'Warm'])\nparam t string\n${account('accessTier: t')}`,
      'is Warm',
    ],
    ['a loop where a text belongs', account("accessTier: [for x in ['Hot']: x]"), 'is of kind array'],
    [
      'what a loop makes',
      account("networkAcls: { defaultAction: 'Deny', ipRules: [for x in ['a']: { ip: x }] }"),
      'ipRules[].ip is no',
    ],
    ['a version that is not published', account('').replace('2025-06-01', '2020-06-01'), 'published are'],
    ['a type that is not known', account('').replace('storageAccounts', 'storageAcounts'), 'the type is unknown'],
    ['a place where it cannot be', `targetScope = 'subscription'\n${account('')}`, 'cannot be deployed at this scope'],
    [
      'a parent of another type',
      `${account('')}resource c 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {\n  parent: s\n  name: 'x'\n}\n`,
      'cannot be the parent',
    ],
    [
      'a child without its parent',
      "resource c 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {\n  name: 'default'\n}\n",
      'has 1 parts, and its type 2',
    ],
    [
      'a kind that is not known',
      "resource w 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {\n  name: 'w'\n}\nresource r 'Microsoft.SecurityInsights/alertRules@2025-09-01' = {\n  scope: w\n  name: 'x'\n  kind: 'Scheduld'\n  properties: { quary: 'x' }\n}\n",
      'kind',
    ],
    [
      'a member of the kind that is chosen',
      "resource w 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {\n  name: 'w'\n}\nresource r 'Microsoft.SecurityInsights/alertRules@2025-09-01' = {\n  scope: w\n  name: 'x'\n  kind: 'Scheduled'\n  properties: { quary: 'x' }\n}\n",
      'quary is no member',
    ],
  ]
  for (const [what, text, said] of cases) {
    judgedBy('bicep-types')(`tell ${what}`, () => {
      expect(judge(text)).toContain(said)
    })
  }

  it('are kept for the Graph extension', () => {
    const text =
      "resource a 'Microsoft.Graph/applications@v1.0' = {\n  uniqueName: 'x'\n  displayName: 'x'\n  apis: {}\n}\n"
    expect(judge(text)).toBe('a.bicep:4 a.apis is no member of the published type')
  })
})
