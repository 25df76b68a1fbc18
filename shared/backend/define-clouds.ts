import type { Backend } from './define.ts'
import { tenantDefined } from './define-resources.ts'

/** What holds for every backend of one cloud; spread into a declaration: `...resources.arm, ...arm`. */
type Common = Partial<Backend> & Pick<Backend, 'hostSuffixes'>

export const arm = {
  hostSuffixes: {
    public: ['management.azure.com'],
    usgov: ['management.usgovcloudapi.net'],
    china: ['management.chinacloudapi.cn'],
  },
  base: {
    public: 'https://management.azure.com',
    usgov: 'https://management.usgovcloudapi.net',
    china: 'https://management.chinacloudapi.cn',
  },
} as const satisfies Common

export const graph = {
  hostSuffixes: {
    public: ['graph.microsoft.com'],
    usgov: ['graph.microsoft.us'],
    china: ['microsoftgraph.chinacloudapi.cn'],
  },
  base: {
    public: 'https://graph.microsoft.com/v1.0',
    usgov: 'https://graph.microsoft.us/v1.0',
    china: 'https://microsoftgraph.chinacloudapi.cn/v1.0',
  },
} as const satisfies Common

const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,200}$/
const amazonHosts = { public: ['.amazonaws.com'], usgov: ['.amazonaws.com'], china: ['.amazonaws.com.cn'] }
// Asked by the exchange alone: no token of Entra's is for them.
const amazonService = { scope: { public: null, usgov: null, china: null }, hostSuffixes: amazonHosts }

/** Services of Amazon, by IAM Identity Center. */
export const amazon = {
  ...tenantDefined('The registration that Identity Center trusts as token issuer'),
  hostSuffixes: amazonHosts,
  tokenService: 'aws',
  endpoints: { identityCenter: amazonService, sts: amazonService },
  honesty: 'by-token-service',
} as const satisfies Common

export const amazonNotes: readonly string[] = [
  'IAM Identity Center takes the person’s token by its trusted token issuer, and the role’s session carries that person’s context: grants are judged for them. A role that is assumed without it would be one account for everybody, and is refused.',
  'The gateway signs the exchange with credentials of its managed identity, whose role may do nothing but `sso-oauth:CreateTokenWithIAM`, `sts:AssumeRole` and `sts:SetContext`. They are used for nothing else.',
  'The session is checked to be of that role and this person, by a name that the gateway gave it: AWS has no call that says whom a context is of, so that the proof is the token’s.',
  'Conditional Access holds when Entra issues its token. The session that AWS made of it lives no longer than that token, and is dropped when the person’s tokens are.',
]

export const amazonValues = {
  region: { description: 'Region, such as eu-central-1', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/ },
  gatewayRole: { description: 'Role of the gateway’s managed identity, for the exchange alone', pattern: roleArn },
  gatewayAudience: {
    description: 'Audience that the identity provider in AWS expects',
    pattern: /^[\w:/.-]{3,200}$/,
  },
  personRole: { description: 'Role whose sessions carry the person’s context', pattern: roleArn },
  identityCenterApplication: {
    description: 'The customer managed application of IAM Identity Center; without one a role is shared, and refused',
    pattern: /^arn:aws[a-z-]*:sso::\d{12}:application\/[\w/.-]{1,200}$/,
  },
} as const satisfies NonNullable<Backend['values']>
