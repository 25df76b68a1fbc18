import { describe, expect, it } from 'vitest'
import { judgeCommand, readMachines } from '../../../shared/backend/command-list.ts'
import { selectConfigured } from '../../../shared/backend/configured.ts'
import { loadFunctions } from '../../support/line-declarations.ts'

const list = [
  'read:/usr/bin/systemctl status *',
  'write:/usr/bin/systemctl restart nginx',
  'admin:/usr/bin/systemctl *',
  'read:/usr/bin/df -h',
  'delete:/usr/bin/rm *',
  'read:/usr/bin/rm *',
  'read:/usr/bin/stat *',
]

describe('the effect of a command', () => {
  it.each([
    ['/usr/bin/df -h', 'read'],
    ['/usr/bin/systemctl status nginx', 'read'],
    ['/usr/bin/systemctl status', 'read'],
    ['/usr/bin/systemctl restart nginx', 'write'],
    ['/usr/bin/systemctl restart apache2', 'admin'],
    ['/usr/bin/systemctl', 'admin'],
    ['/usr/bin/rm a=b c,d e@f +g h:i', 'delete'],
  ])('of %s is that of the entry that fits it best, of two the worse', (command, effect) => {
    const statement = judgeCommand(command, list)
    expect([statement.effect, statement.refused, statement.text]).toEqual([effect, undefined, command])
  })

  it.each([
    '/usr/bin/df',
    '/usr/bin/df -h /',
    '/usr/bin/df -hx',
    '/usr/bin/systemctl restart nginx -H other',
    '/usr/bin/systemctl status --root=/x',
    '/usr/bin/stat -- x',
    '/bin/df -h',
    '/usr/bin/id',
  ])('of %s is none, since no entry fits it', (command) => {
    expect(judgeCommand(command, list)).toMatchObject({ effect: 'admin', refused: 'command_not_listed' })
  })

  // What stands here a shell would read as more than words, or find by a search of its own.
  const metacharacters = [
    ';',
    '&',
    '|',
    '<',
    '>',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    '$',
    '`',
    '\\',
    '"',
    "'",
    '*',
    '?',
    '~',
  ].concat(['!', '#', '%', '^', '\n', '\r', '\t', '\0', '\u00a0', '\u2028', '\u200b', 'é', '\u001b', '\u202e'])

  it.each(metacharacters.map((one) => [JSON.stringify(one), one] as const))(
    'is not looked for with %s in it',
    (_name, one) => {
      for (const command of [
        `/usr/bin/stat a${one}b`,
        `/usr/bin/stat a ${one}`,
        `${one}/usr/bin/stat`,
        `/usr/bin/stat${one}`,
      ])
        expect(judgeCommand(command, list)).toMatchObject({ effect: 'admin', refused: 'command_grammar' })
      expect(judgeCommand(`/usr/bin/stat a${one}b`, list).text).toBeUndefined()
    },
  )

  it.each([
    '',
    ' ',
    'stat x',
    './stat x',
    'usr/bin/stat x',
    'PATH=/tmp /usr/bin/stat x',
    '/usr/bin/stat  x',
    ' /usr/bin/stat x',
    '/usr/bin/stat x ',
    '/usr/bin/stat =ls',
    '/usr/bin/../../tmp/stat x',
    '/usr/bin/./stat x',
    '//usr/bin/stat x',
    '/usr/bin/ x',
    `/usr/bin/stat ${'x'.repeat(5000)}`,
  ])('is not looked for in %j', (command) => {
    expect(judgeCommand(command, list)).toMatchObject({ effect: 'admin', refused: 'command_grammar' })
  })

  it('is none where nothing is listed, or an entry is none', () => {
    for (const entries of [[], ['read:'], ['read:*'], ['read: *'], ['see:/usr/bin/df -h'], ['/usr/bin/df -h']])
      expect(judgeCommand('/usr/bin/df -h', entries).refused).toBe('command_not_listed')
  })
})

const key = 'A'.repeat(43)
const other = 'B'.repeat(43)

describe('machines of a deployment', () => {
  it('have their port, and each of their keys', () => {
    const machines = readMachines([`web-1.corp SHA256:${key}`, `web-1.corp SHA256:${other}`, `db:2222 SHA256:${key}`])
    expect([...machines]).toEqual([
      ['web-1.corp', { host: 'web-1.corp', port: 22, keys: [key, other] }],
      ['db:2222', { host: 'db', port: 2222, keys: [key] }],
    ])
  })
})

describe('the lists of a backend of machines', async () => {
  const declared = await loadFunctions()
  const configure = (hosts: readonly string[], commands: readonly string[]) =>
    selectConfigured(declared, { 'vm-ssh': { allow: { hosts, commands }, classification: {} } })

  it.each([
    ['a host without a key', ['web-1'], []],
    ['a key of another digest', [`web-1 MD5:${key}`], []],
    ['a key that is cut short', [`web-1 SHA256:${key.slice(1)}`], []],
    ['a user before the host', [`root@web-1 SHA256:${key}`], []],
    ['a command without its effect', [], ['/usr/bin/df']],
    ['a program that is searched for', [], ['read:df *']],
    ['shell syntax', [], ['read:/usr/bin/df | /usr/bin/sort']],
    ['a star that is not at the end', [], ['read:/usr/bin/df * -h']],
  ])('stop the start with %s in them', (_what, hosts, commands) => {
    expect(() => configure(hosts, commands)).toThrow(/vm-ssh\.allow\.(hosts|commands)\) has an entry/)
  })

  it.each([
    ['hosts', { commands: [] }],
    ['commands', { hosts: [] }],
  ])('stop the start without %s', (_name, allow) => {
    expect(() => selectConfigured(declared, { 'vm-ssh': { allow, classification: {} } })).toThrow(/is missing/)
  })

  it('let calls name a machine without its key', () => {
    const { inputs } = configure([`web-1 SHA256:${key}`, `web-1 SHA256:${other}`], ['read:/usr/bin/df -h']).get(
      'vm-ssh',
    )!.operations.whoAmI!
    expect(inputs().safeParse({ host: 'web-1' }).success).toBe(true)
    expect(inputs().safeParse({ host: 'web-2' }).success).toBe(false)
    expect(inputs().safeParse({ host: `web-1 SHA256:${key}` }).success).toBe(false)
  })
})
