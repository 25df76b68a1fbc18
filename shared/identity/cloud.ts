/** An Entra cloud. One deployment serves exactly one: registrations and federated credentials do not cross clouds. */
export type Cloud = 'public' | 'usgov' | 'china'

interface CloudFacts {
  readonly authority: string
  /** Issuer family of version 1.0 tokens; the `idp` claim still speaks it. */
  readonly legacyIssuer: string
  /** Audience of a managed identity's token when it serves as client assertion. */
  readonly federationAudience: string
  readonly graph: string
}

const clouds: Readonly<Record<Cloud, CloudFacts>> = {
  public: {
    authority: 'https://login.microsoftonline.com',
    legacyIssuer: 'https://sts.windows.net',
    federationAudience: 'api://AzureADTokenExchange',
    graph: 'https://graph.microsoft.com',
  },
  usgov: {
    authority: 'https://login.microsoftonline.us',
    legacyIssuer: 'https://sts.windows.net',
    federationAudience: 'api://AzureADTokenExchangeUSGov',
    graph: 'https://graph.microsoft.us',
  },
  china: {
    authority: 'https://login.partner.microsoftonline.cn',
    legacyIssuer: 'https://sts.chinacloudapi.cn',
    federationAudience: 'api://AzureADTokenExchangeChina',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
  },
}

/** Hosts and audiences of a cloud (Microsoft: "Microsoft Entra authentication and national clouds"). */
export function cloudFacts(cloud: Cloud): CloudFacts {
  return clouds[cloud]
}

/** The one issuer accepted in a version 2.0 token of that tenant; aliases of the host are not accepted. */
export function issuerOf(cloud: Cloud, tid: string): string {
  return `${clouds[cloud].authority}/${tid}/v2.0`
}
