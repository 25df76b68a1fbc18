// What ssh2 finds in place of `cpu-features` and of its own native binding, which are compiled where they are installed:
// nothing, so that it uses Node's own ciphers. It expects both to be missing at times.
throw Object.assign(new Error('nothing native is deployed'), { code: 'MODULE_NOT_FOUND' })
