/** What a bundle's README speaks of. */
export interface ReadmeFacts {
  readonly origin: string
  readonly from: string
  readonly to: string
  readonly decision?: string | undefined
  readonly names: readonly string[]
}

/** README.md of a bundle: what it holds, and the commands with which anybody checks it offline. */
export function exportReadme({ origin, from, to, decision, names }: ReadmeFacts): string {
  const subject =
    decision === undefined
      ? `the book of \`${origin}\` from ${from} to ${to}`
      : `decision \`${decision}\` in the book of \`${origin}\`, and nothing else of it`
  const paragraphs = [
    '# An evidence bundle',
    `It holds ${subject}.`,
    '',
    "It can be checked offline, without any secret, with openssl and Python's standard library. It holds no name, statement or",
    'justification in clear.',
    '',
    '**1. Is the key the right one?** Compare what this prints with the fingerprint that you were given on another way than this',
    'bundle, by people you trust. Who exported the bundle saw it, as `Key`; it is the same in every bundle of this book.',
    command('openssl pkey -pubin -in log-public.pem -outform DER | openssl dgst -sha256'),
    '**2. Was the log signed with it?** This must print `Verified OK`:',
    command('head -n 3 checkpoint.txt | openssl dgst -sha256 -verify log-public.pem -signature checkpoint.sig'),
    '**3. Is everything what was signed?** Take the fingerprint from where you trust it, not from step 1:',
    command('python3 verify_bundle.py . --fingerprint FINGERPRINT'),
    'Exit code 0 is PASS, 1 FAIL, 2 PASS WITH EXCEPTIONS, 3 INCOMPLETE. Add `--since FILE` for each `checkpoint.txt` that you kept',
    'from an earlier bundle: then a log that was written anew is noticed, even under the right key. Keep this one for the next time.',
    'To run your own copy of the scripts instead of this one is wiser still.',
    ...reportParagraph(names),
    ...stampParagraph(names),
    '',
    '## What it shows, and what not',
    'PASS means: every row that was anchored in this time is here, unchanged and in order, and the log of anchors is the one that the',
    'key signed. Rows newer than the newest anchor are not in it. Somebody who holds the signing key, the immutable store and every',
    'copy of earlier checkpoints could still write another history.',
    ...(decision === undefined
      ? []
      : [
          '',
          'For one decision: these rows are in the book. The anchor records name lanes, lengths and digests of other rows too.',
        ]),
    '',
    'The format is docs/audit-format.md of Countersign.',
  ]
  return `${paragraphs.join('\n')}\n`
}

function reportParagraph(names: readonly string[]): string[] {
  const signature = names.filter((name) => /^report-[\d-]+\.json\.sig$/.test(name)).at(-1)
  if (signature === undefined) return []
  const report = signature.replace('.sig', '')
  return [
    '',
    '**The nightly reports** in it are compared with the digests in the book by step 3. Each is signed under the same key, too:',
    command(`openssl dgst -sha256 -verify log-public.pem -signature ${signature} ${report}`),
  ]
}

function stampParagraph(names: readonly string[]): string[] {
  const stamp = names.filter((name) => /^time-\d+\.tsr$/.test(name)).at(-1)
  if (stamp === undefined) return []
  const note = stamp.replace('.tsr', '.txt')
  return [
    '',
    '**When was it signed?** A time stamping authority (RFC 3161) vouches for the checkpoint in the file of the same number. With its',
    'certificates, from its own site:',
    command(`openssl ts -verify -in ${stamp} -data ${note} -CAfile authority.pem`),
  ]
}

function command(line: string): string {
  return `\n    ${line}\n`
}
