import type { Cloud } from '../backend/define.ts'

/** What differs between Azure's clouds, as Microsoft's SDKs and documentation name it. */
export interface CloudHosts {
  readonly entra: string
  readonly vaultSuffix: string
  readonly tableSuffix: string
  readonly blobSuffix: string
  readonly graph: string
  readonly resourceManager: string
}

export const clouds: Readonly<Record<Cloud, CloudHosts>> = {
  public: {
    entra: 'login.microsoftonline.com',
    vaultSuffix: '.vault.azure.net',
    tableSuffix: '.table.core.windows.net',
    blobSuffix: '.blob.core.windows.net',
    graph: 'https://graph.microsoft.com',
    resourceManager: 'https://management.azure.com',
  },
  usgov: {
    entra: 'login.microsoftonline.us',
    vaultSuffix: '.vault.usgovcloudapi.net',
    tableSuffix: '.table.core.usgovcloudapi.net',
    blobSuffix: '.blob.core.usgovcloudapi.net',
    graph: 'https://graph.microsoft.us',
    resourceManager: 'https://management.usgovcloudapi.net',
  },
  china: {
    entra: 'login.partner.microsoftonline.cn',
    vaultSuffix: '.vault.azure.cn',
    tableSuffix: '.table.core.chinacloudapi.cn',
    blobSuffix: '.blob.core.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
  },
}

/** RFC 6761: these names and addresses never leave the machine. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
