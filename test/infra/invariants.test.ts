// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Bicep writes it
import { describe, expect, it } from 'vitest'
import { infra, type Mutation, planMain, plant, variants } from '../support/bicep/deployments.ts'
import { type Invariant, ownedInvariants, resourceInvariants } from '../support/bicep/invariants.ts'
import { roleInvariants } from '../support/bicep/invariants-roles.ts'
import { textInvariants } from '../support/bicep/invariants-text.ts'
import { wholeInvariants } from '../support/bicep/invariants-whole.ts'

const always = { ...resourceInvariants, ...wholeInvariants, ...roleInvariants, ...textInvariants }
const all: Readonly<Record<string, Invariant>> = { ...always, ...ownedInvariants }
const planned = Object.entries(variants).map(([name, params]) => [name, planMain(infra, params)] as const)

describe('a deployment (worked out offline; what only Azure knows is made up)', () => {
  it.each(planned)('asks for everything that it consists of: %s', (_name, { planned: resources }) => {
    const count = (type: string) => resources.filter((one) => one.type === type).length
    expect(count('Microsoft.Web/sites')).toBe(2)
    expect(count('Microsoft.Storage/storageAccounts')).toBe(4)
    expect(count('Microsoft.ManagedIdentity/userAssignedIdentities')).toBeGreaterThanOrEqual(3)
    expect(count('Microsoft.Authorization/roleAssignments')).toBeGreaterThan(40)
  })

  for (const [name, deployed] of planned) {
    const invariants = name === 'brought along' ? always : all
    it.each(Object.entries(invariants))(`${name}: %s`, (_title, judge) => {
      expect(judge(deployed)).toEqual([])
    })
  }
})

const account = 'infra/platform/audit-storage.bicep'
const proof = 'infra/platform/evidence-storage.bicep'
const app = 'infra/platform/function-app.bicep'
const roles = 'infra/platform/roles.bicep'
const vault = 'infra/platform/vault.bicep'
const contents = 'infra/platform/vault-contents.bicep'
const main = 'infra/main.bicep'
const owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'
const secret = ['Zk8vT2pQ', 'w1YxR7mC', '0aLd5HsB', '9gJuN3eQ'].join('')

/** What is planted, and which rule must see it. */
const faults: readonly (readonly [what: string, title: string, mutation: Mutation])[] = [
  [
    'a shared key',
    'no storage account takes a shared key',
    [account, /allowSharedKeyAccess: false/, 'allowSharedKeyAccess: true'],
  ],
  ['nothing said of shared keys', 'no storage account takes a shared key', [proof, /allowSharedKeyAccess: false/, '']],
  [
    'a shared key by a parameter',
    'no storage account takes a shared key',
    [proof, /allowSharedKeyAccess: false/, 'allowSharedKeyAccess: !isPrivate'],
  ],
  ['public blobs', 'no blob is public', [proof, /allowBlobPublicAccess: false/, 'allowBlobPublicAccess: true']],
  ['a public container', 'no container is public', [proof, /publicAccess: 'None'/, "publicAccess: 'Blob'"]],
  ['TLS 1.0', 'storage is reached by https and TLS 1.2', [account, /TLS1_2/, 'TLS1_0']],
  [
    'storage without https',
    'storage is reached by https and TLS 1.2',
    [account, /supportsHttpsTrafficOnly: true/, 'supportsHttpsTrafficOnly: false'],
  ],
  ['an app without https', 'apps are reached by https and TLS 1.2', [app, /httpsOnly: true/, 'httpsOnly: false']],
  [
    'an app with TLS 1.1',
    'apps are reached by https and TLS 1.2',
    [app, /minTlsVersion: '1.2'/, "minTlsVersion: '1.1'"],
  ],
  ['FTP', 'apps are reached by https and TLS 1.2', [app, /ftpsState: 'Disabled'/, "ftpsState: 'AllAllowed'"]],
  [
    'an identity of the system',
    'apps run under named identities',
    [app, /type: 'UserAssigned'/, "type: 'SystemAssigned'"],
  ],
  [
    'a package by a connection string',
    'apps get their package by an identity',
    [app, /'UserAssignedIdentity'/, "'StorageAccountConnectionString'"],
  ],
  [
    'passwords that publish',
    'no password publishes an app',
    [app, /(name: 'scm'\s+properties: \{ allow: )false/, '$1true'],
  ],
  ['no word on passwords by FTP', 'no password publishes an app', [app, /name: 'ftp'/, "name: 'none'"]],
  [
    'keys to telemetry',
    'telemetry is written by a role alone',
    ['infra/platform/monitor.bicep', /DisableLocalAuth: true/, 'DisableLocalAuth: false'],
  ],
  [
    'keys to logs',
    'logs are written by a role alone',
    ['infra/platform/monitor.bicep', /disableLocalAuth: true/, 'disableLocalAuth: false'],
  ],
  [
    'a key that can leave',
    'keys do not leave the vault, and sign alone',
    [contents, /exportable: false/, 'exportable: true'],
  ],
  [
    'a key that wraps',
    'keys do not leave the vault, and sign alone',
    [contents, /\['sign', 'verify'\]/, "['sign', 'verify', 'wrapKey']"],
  ],
  [
    'access policies',
    'the vault goes by roles, and nobody purges it',
    [vault, /enableRbacAuthorization: true/, 'enableRbacAuthorization: false'],
  ],
  [
    'a vault that is purged',
    'the vault goes by roles, and nobody purges it',
    [vault, /enablePurgeProtection: true/, ''],
  ],
  [
    'a front without https',
    'messages of the front are checked by it',
    ['infra/platform/api-management-api.bicep', /protocols: \['https'\]/, "protocols: ['https', 'http']"],
  ],
  ['a route to the evidence app', 'the evidence app answers nobody', [main, /ingress: 'none'/, "ingress: 'public'"]],
  ['a door in the wall', 'the evidence app answers nobody', [app, /action: 'Deny'/, "action: 'Allow'"]],
  [
    'an account beside the network',
    'in a private network, only the network reaches anything',
    [account, /isPrivate \? 'Disabled' : 'Enabled'/, "'Enabled'"],
  ],
  [
    'an app beside the network',
    'in a private network, only the network reaches anything',
    [main, /deploysFromAnywhere: !isPrivate/g, 'deploysFromAnywhere: true'],
  ],
  [
    'no policy over reports',
    'evidence and reports are kept immutable for the time of retention',
    [main, /\{ name: 'reports', allowsAppends: false \}/, ''],
  ],
  [
    'evidence for a day',
    'evidence and reports are kept immutable for the time of retention',
    [main, /days: retentionDays/, 'days: 1'],
  ],
  [
    'reports that grow',
    'evidence and reports are kept immutable for the time of retention',
    [main, /allowsAppends: false/, 'allowsAppends: true'],
  ],
  [
    'book and evidence in one account',
    'evidence lies in an account and a region of its own',
    [main, /csproof/, 'csaudit'],
  ],
  [
    'evidence beside the book',
    'evidence lies in an account and a region of its own',
    [main, /location: evidenceLocation/, 'location: location'],
  ],
  [
    'a vault that nobody logs',
    'what is done in the vault is logged',
    ['infra/platform/diagnostics.bicep', /(resource vaultLogs[\s\S]*?)enabled: true/, '$1enabled: false'],
  ],
  [
    'no alert of a missing report',
    'somebody is told of what must not wait',
    ['infra/watch/alerts.bicep', /name: 'no-report'/, "name: 'nothing'"],
  ],
  ['two modules of one name', 'nothing has the name of another', [main, /name: 'monitor'/, "name: 'identities'"]],
  [
    'an assignment elsewhere',
    'every role stands on one page',
    [
      vault,
      /output id string/,
      "resource more 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: 'x'\n}\n\noutput id string",
    ],
  ],
  ['an owner', 'nobody is given a role that rules', [roles, /b7e6dc6d-f1e8-4753-8033-0f276bb0955b/, owner]],
  [
    'a wildcard',
    'no role of ours has a wildcard, manages roles, or reads keys',
    [roles, /\$\{entities\}\/add\/action/, '${entities}/*'],
  ],
  [
    'a role that lists keys',
    'no role of ours has a wildcard, manages roles, or reads keys',
    [
      roles,
      /Microsoft\.Storage\/storageAccounts\/tableServices\/tables\/write/,
      'Microsoft.Storage/storageAccounts/listKeys/action',
    ],
  ],
  [
    'a writer that deletes',
    'only roles that say so delete, and none deletes blobs or keys',
    [roles, /'\$\{entities\}\/update\/action'\]/, "'${entities}/update/action', '${entities}/delete']"],
  ],
  [
    'an adder that deletes',
    'only roles that say so delete, and none deletes blobs or keys',
    [roles, /'\$\{blobs\}\/add\/action'\]/, "'${blobs}/add/action', '${blobs}/delete']"],
  ],
  [
    'a gateway that deletes rows',
    'the gateway deletes nothing of the book',
    [roles, /var gatewayRemoves = \[/, "var gatewayRemoves = ['audit', "],
  ],
  [
    'a gateway that deletes in the account',
    'the gateway deletes nothing of the book',
    [
      roles,
      /(resource tableMakers[\s\S]*?)roleDefinitionId: tableMaker\.id/,
      '$1roleDefinitionId: roleId.tableDataContributor',
    ],
  ],
  [
    'a verifier that signs',
    'only the sealer signs',
    [roles, /(resource sealerSigns[\s\S]*?principalId: principals\.)sealer/, '$1verifier'],
  ],
  [
    'a sealer that reads keys',
    'the sealer reads no key of rows, and no app writes where another one starts',
    [roles, /(resource gatewayReadsSecrets[\s\S]*?principalId: principals\.)gateway/, '$1sealer'],
  ],
  [
    'a gateway that replaces the verifier',
    'the sealer reads no key of rows, and no app writes where another one starts',
    [roles, /(resource evidenceHost[\s\S]*?principalId: principals\.)verifier/, '$1gateway'],
  ],
  [
    'a role for a person',
    'roles are given to service principals and groups, and each says which',
    [roles, /principalType: 'Group'/, "principalType: 'User'"],
  ],
  [
    'a call for keys',
    'nobody asks for a key',
    [account, /output id string = account\.id/, 'output id string = account.listKeys().keys[0].value'],
  ],
  [
    'a connection string',
    'no text opens a door',
    [account, /output id string = account\.id/, "output id string = 'AccountName=x;AccountKey=y'"],
  ],
  [
    'a secret',
    'no secret is written down',
    [account, /output id string = account\.id/, `output id string = '${secret}'`],
  ],
  [
    'a cloud',
    'no cloud is written down',
    [account, /output id string = account\.id/, "output id string = 'https://${name}.blob.core.windows.net'"],
  ],
  [
    'a seed in the open',
    'secret parameters are marked so, and have no text as their default',
    [main, /@secure\(\)\nparam firstSeed/, 'param firstSeed'],
  ],
  [
    'a seed with a text',
    'secret parameters are marked so, and have no text as their default',
    [main, /newGuid\(\)/, "'the same for all'"],
  ],
  [
    'an output of a secret',
    'no output tells a secret',
    [main, /output AZURE_LOCATION string = location/, 'output AZURE_LOCATION string = firstSeed'],
  ],
  [
    'a module of somebody else',
    'modules come from this repository alone',
    [main, /'platform\/monitor\.bicep'/, "'br/public:avm/res/insights/component:0.4.1'"],
  ],
]

describe('an invariant', () => {
  it('has a planted fault each', () => {
    expect(Object.keys(all).filter((title) => !faults.some(([, of]) => of === title))).toEqual([])
  })

  it.each(faults)('is broken by %s', (_what, title, mutation) => {
    const templates = plant(infra, mutation)
    const isSeen = ['private, with a front', 'the least'].some((name) => {
      return all[title]?.(planMain(templates, variants[name] ?? {})).length !== 0
    })
    expect(isSeen).toBe(true)
  })
})
