import { setTimeout as sleep } from 'node:timers/promises'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { siteOfStack } from '../../operate/site.ts'
import { createAgent } from '../demo/client.ts'
import { demand } from '../demo/demand.ts'
import { mcpScene } from '../demo/mcp-scene.ts'
import { runWithOwnStack } from '../demo/own-stack.ts'
import { type Scene, scenes } from '../demo/scenes.ts'
import { tamperWithCopy } from '../demo/tamper.ts'
import { openBook } from '../stack/book.ts'
import { localFolder, readRunningStack, type StackFile } from '../stack/local-folder.ts'

/**
 * `npm run demo`: the main job as an agent does it, against the running stack or one of its own. Exit code 0 only where
 * everything that it shows did happen.
 */
export async function run(args: readonly string[]): Promise<number> {
  if (args.length > 0) return complain('usage: npm run demo', 64)
  const stack = readRunningStack(localFolder())
  return stack === null ? runWithOwnStack() : play(stack)
}

async function play(stack: StackFile): Promise<number> {
  const agent = createAgent(stack)
  const ended: Scene = {
    title: 'The book verifies, and one changed byte in a copy is found',
    play: () => readBook(stack),
  }
  try {
    for (const [index, { title, play: show }] of [...scenes, mcpScene(stack), ended].entries()) {
      process.stdout.write(`\n${index + 1}. ${title}\n`)
      for (const line of await show(agent)) process.stdout.write(`   ${line}\n`)
    }
  } catch (error) {
    return complain(`   ${error instanceof Error ? error.message : String(error)}`, 1)
  }
  process.stdout.write('\nEverything happened as promised.\n')
  return 0
}

async function readBook(stack: StackFile): Promise<readonly string[]> {
  // The last rows of the scenes before may still be on their way into their group.
  await sleep(100)
  const { source, keys } = openBook(siteOfStack(stack))
  const whole = await verifyChain({ source, keys, now: Date.now() })
  demand(whole.verdict === 'PASS', `the book is ${whole.verdict}`)
  const copy = await tamperWithCopy(source)
  const broken = await verifyChain({ source: copy.source, keys, now: Date.now() })
  const finding = broken.findings[0]
  const seq = Number(copy.rowKey.slice(1))
  demand(
    broken.verdict === 'FAIL' && finding?.kind === 'edited' && finding.seq === seq,
    'the changed row was not named',
  )
  return [
    `${whole.verdict}: ${whole.counts.verified} of ${whole.counts.rows} rows verified, ${whole.counts.intents} intents`,
    `one byte of row ${seq} changed in a copy: ${broken.verdict}, ${finding?.kind} ${finding?.lane} ${finding?.seq}`,
  ]
}

function complain(message: string, code: number): number {
  process.stderr.write(`${message}\n`)
  return code
}
