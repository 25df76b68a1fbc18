import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { arm } from '../shared/backend/define-clouds.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const host = z.string().min(1).max(260).describe('A machine, as the deployment lists it')
const command = z
  .string()
  .min(1)
  .max(4096)
  .describe('A program by its absolute path and plain words, one blank between them; no shell syntax')
const run = {
  untrusted: true,
  inputs: () => z.strictObject({ host, command }),
  object: 'host',
  command: { input: 'command' },
  call: { technology: 'ssh', action: 'exec', host: 'host' },
  labels: { '/stdout': 'text.free', '/stderr': 'text.free', '/exitCode': 'none', '/signal': 'none' },
} as const

const subscriptionId = z.guid()
const vm = {
  subscriptionId,
  resourceGroup: z.string().regex(/^[\w().-]{0,89}[\w()-]$/),
  vmName: z.string().regex(/^[A-Za-z0-9_][\w.-]{0,63}$/),
}
const path =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vmName}'
const parameters = ['subscriptionId', 'resourceGroup', 'vmName'] as const
const fixedQuery = { 'api-version': '2024-07-01' }
const longRunning = {
  poll: { header: 'azure-asyncoperation' },
  state: '/status',
  done: ['Succeeded'],
  failed: ['Failed', 'Canceled'],
} as const
const named = { at: 'arm', inputs: () => z.strictObject(vm) } as const
const query =
  "Resources | where type =~ 'microsoft.compute/virtualmachines' | project name, resourceGroup, location, os = tostring(properties.storageProfile.osDisk.osType)"

serve(
  defineBackend({
    name: 'vm-ssh',
    title: 'Linux virtual machines over SSH',
    scope: {
      public: 'https://pas.windows.net/CheckMyAccess/Linux/.default',
      usgov: 'https://pasff.usgovcloudapi.net/CheckMyAccess/Linux/.default',
      china: 'https://pas.chinacloudapi.cn/CheckMyAccess/Linux/.default',
    },
    permission: {
      resource: 'ce6ff14a-7fdc-4685-bbe0-f6afdfcfa8e0',
      name: 'Azure Linux VM Sign-In',
      scopes: ['user_impersonation'],
    },
    hostSuffixes: { public: [], usgov: [], china: [] },
    endpoints: { arm: { ...resources.arm, ...arm } },
    honesty: 'conditional',
    notes: [
      'Entra issues SSH certificates to people who sign in with the Azure CLI. That it issues one on behalf of a person to another application is documented nowhere: try it in your tenant first; where it refuses, calls end with the refusal, and nothing else is tried.',
      'Each call makes a key pair in memory, for which the certificate is; both are gone with the call. The gateway has no key of any authority.',
      'Machines need the extension for Entra sign-in and the role Virtual Machine User Login for the person. A machine is listed under allow.hosts with its key, as `name SHA256:…`, or `name:port SHA256:…`; one that shows another key is not signed in to. It is known by a name, not by a private address.',
      'Commands are listed under allow.commands as `effect:/path/to/program word word`, with ` *` at the end where further words may follow that do not begin with a dash. The deployment’s own word for the effect counts; what is not listed, or has any shell syntax in it, is refused. A program that runs other programs, or writes where it is told to, is none that reads: some need no dash for that (`tar xf`, `dd of=`, `sed`, `env`). A narrower entry of a worse effect forbids nothing that a wider one lists, since words can often be written in another way.',
      'The certificate has to be for the person’s sign-in name, and `id -un` on the same connection has to answer with it before the command is sent: the proof is as good as these names, and as the files that the account’s shell reads when it starts: whoever writes to them decides what any command does. Guests, whose names differ there, are refused.',
      'No terminal, no input, no forwarding of ports, agents or displays. Of the output the first 256 KiB are kept; a command that writes more than 4 MiB, or takes longer than a call may, is killed.',
      'The machine’s own log has the certificate’s serial and the fingerprint of its key, which the outcome row has too.',
    ],
    limits: {
      host: '!hosts',
      command: '!commands',
      subscriptionId: 'subscriptions',
      resourceGroup: 'resourceGroups',
    },
    untrusted: true,
    records: ['x-ms-correlation-request-id', 'azure-asyncoperation'],
    operations: {
      whoAmI: {
        summary: 'Sign in to a machine and see whom it takes the person for',
        effect: 'read',
        inputs: () => z.strictObject({ host }),
        object: 'host',
        call: { technology: 'ssh', action: 'whoami', host: 'host' },
        labels: { '/login': 'pii.identity' },
      },
      readWithCommand: { summary: 'Run a command that is listed as one that reads', effect: 'read', ...run },
      writeWithCommand: { summary: 'Run a command that is listed as one that writes', effect: 'write', ...run },
      deleteWithCommand: { summary: 'Run a command that is listed as one that deletes', effect: 'delete', ...run },
      runCommand: { summary: 'Run any command that is listed', effect: 'admin', ...run },
      listVms: {
        summary: 'List the virtual machines that the person may see',
        effect: 'read',
        at: 'arm',
        inputs: () => z.strictObject({}),
        call: rest({
          method: 'POST',
          path: '/providers/Microsoft.ResourceGraph/resources',
          parameters: [],
          fixedQuery: { 'api-version': '2021-03-01' },
          template: { query, options: { resultFormat: 'objectArray' } },
          answer: { kind: 'table', rows: '/data', members: { '/totalRecords': 'total' } },
        }),
      },
      getInstanceView: {
        summary: 'See the state of one virtual machine',
        effect: 'read',
        ...named,
        call: rest({ method: 'GET', path: `${path}/instanceView`, parameters, fixedQuery }),
      },
      startVm: {
        summary: 'Start one virtual machine',
        effect: 'write',
        ...named,
        call: rest({ method: 'POST', path: `${path}/start`, parameters, fixedQuery, longRunning }),
      },
      restartVm: {
        summary: 'Restart one virtual machine',
        effect: 'delete',
        ...named,
        call: rest({ method: 'POST', path: `${path}/restart`, parameters, fixedQuery, longRunning }),
      },
      deallocateVm: {
        summary: 'Stop one virtual machine and give its hardware back',
        effect: 'delete',
        ...named,
        call: rest({ method: 'POST', path: `${path}/deallocate`, parameters, fixedQuery, longRunning }),
      },
      runCommandTemplate: {
        summary: 'Run a script on a virtual machine by Run Command',
        effect: 'admin',
        ...named,
        runsAs: 'other',
        unsupported:
          'Run Command runs every script as root, whoever asks: on the machine it is not the person. Use readWithCommand and its like.',
        call: rest({ method: 'POST', path: `${path}/runCommand`, parameters, fixedQuery }),
      },
      requestSshCertificate: {
        summary: 'Get an SSH certificate of the person',
        effect: 'admin',
        unsupported:
          'A certificate would let whoever holds it in to every machine of the person. The gateway asks for its own, one for each call.',
        inputs: () => z.strictObject({ host }),
        call: { technology: 'ssh', action: 'whoami', host: 'host' },
      },
    },
  }),
)
