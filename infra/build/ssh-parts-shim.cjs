// What ssh2 finds in place of its server, its file transfer, its agents, its tunnels and makers of keys, and of
// `bcrypt-pbkdf`, which opens keys by passwords (together some 140 KB of minified code): commands are run, with a key that
// was made for the call.
function fail() {
  throw new Error('this part of the driver is not used here')
}

// Nothing that is given to it is an agent.
const isAgent = () => false

module.exports = Object.assign(fail, { createAgent: fail, isAgent, pbkdf: fail, AgentContext: fail, SFTP: fail })
