import { reloadGateway } from '../stack/reload.ts'
import { runStack } from '../stack/run-stack.ts'

/** `npm run dev`: the same stack, whose gateway is built and started anew when a source of it changes; all else goes on. */
export function run(args: readonly string[]): Promise<number> {
  const hints = ['Changes to functions/, shared/ and infra/policy/ are served about a second after they are saved.']
  return runStack({ name: 'run dev', args, beside: reloadGateway, hints })
}
