import { examine } from '../../hooks/doctor/examine.ts'
import { examineDeployed } from '../../hooks/doctor/examine-deployed.ts'
import { runHook } from '../../hooks/run-hook.ts'
import { readDeployment } from '../doctor/deployment.ts'
import { admitStack } from '../doctor/stack-patient.ts'
import { localFolder, readRunningStack } from '../stack/local-folder.ts'

/**
 * `npm run doctor [-- --json] [--strict]`: the checks of the hook after a deployment, of the running stack, or of the
 * deployment whose settings stand in the environment. Exit code 1 where something is wrong, 69 where there is nothing.
 */
export async function run(args: readonly string[]): Promise<number> {
  const isDeployed = readDeployment(process.env) !== null
  const stack = isDeployed ? null : readRunningStack(localFolder())
  if (!isDeployed && stack === null) {
    process.stderr.write('no stack is running, and the environment has no settings of a deployment\n')
    return 69
  }
  const look = async () => (stack === null ? examineDeployed(process.env) : examine(await admitStack(stack)))
  return runHook({ name: 'doctor', title: 'The deployment:', flags: [], examine: look }, args)
}
