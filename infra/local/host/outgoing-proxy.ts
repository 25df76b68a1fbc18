import { EnvHttpProxyAgent, setGlobalDispatcher } from 'undici'
import type { Settings } from './settings.ts'

/**
 * Sends the app's global fetch through the CONNECT proxy in `COUNTERSIGN_STACK_PROXY`, except for the hosts in
 * `NO_PROXY`; does nothing without it. Node 20 has no such setting of its own. The variable is this host's, so the app
 * does not see it.
 */
export function installOutgoingProxy(settings: Settings): void {
  const proxy = settings.COUNTERSIGN_STACK_PROXY
  if (proxy === undefined || proxy === '') return
  delete process.env.COUNTERSIGN_STACK_PROXY
  const noProxy = settings.NO_PROXY ?? settings.no_proxy ?? ''
  setGlobalDispatcher(new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy, noProxy }))
}
