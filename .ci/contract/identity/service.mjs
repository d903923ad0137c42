// The service, started as a production would start it: with a file of issuers.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, fail, pause, quantile, until } from './say.mjs'

const PATIENCE = 30

/** Starts it with these `[[issuers]]`, and waits until it has everybody's keys. */
export async function startService(program, issuers) {
  const folder = mkdtempSync(join(tmpdir(), 'identity-'))
  const file = join(folder, 'issuers.toml')
  writeFileSync(file, issuers)
  // Its own process group: ctrl-c is for us to pass on, once. The limits would only count what the checks ask at once.
  const child = spawn(program, ['serve', '--organization-limit', 'off', '--address-limit', 'off'], {
    detached: true,
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ISSUERS_FILE: file, LISTEN: '127.0.0.1:0', LOG: 'info,peer_coaching::door=debug' },
  })
  const [log, answers] = [[], []]
  createInterface({ input: child.stderr }).on('line', (text) => {
    const line = text.startsWith('{') ? JSON.parse(text) : { message: text }
    if (line.message !== 'answered') log.push(line)
    else answers.push(line)
  })
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  const stop = async () => {
    if (child.pid !== undefined) child.kill('SIGTERM') // or Node sends it to everybody in our own process group
    const code = await ended
    rmSync(folder, { recursive: true, force: true })
    expect('how the service ends after SIGTERM', 0, code)
  }
  try {
    const alive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
    const url = await until('the service listens', PATIENCE, async () => {
      if (!alive()) fail(`the service, which ended with ${await ended}`, 'to serve', tail(log))
      const line = log.find(({ message }) => message === 'serving')
      return line && `http://${line.listen}`
    })
    await until('the service is ready', PATIENCE, async () => {
      const ready = await fetch(`${url}/readyz`)
      await ready.text()
      return ready.ok
    })
    return new Service(url, log, answers, stop)
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}

/** What it said last. */
const tail = (log) => log.filter(({ rejected }) => !rejected).slice(-5).map((line) => JSON.stringify(line)).join('\n')

class Service {
  /** How long the answers to tokens of sound providers took, and when they came: what this machine can do meanwhile. */
  healthy = []

  constructor(url, log, answers, stop) {
    Object.assign(this, { url, log, answers, stop })
  }

  /**
   * What it answers to this token, and how long that took. Where the machine is busy, it says 503 and when to come
   * back: that has nothing to do with tokens.
   */
  async ask(path, token, { headers = {}, ...init } = {}) {
    const authorized = { ...headers, Authorization: `Bearer ${token}` }
    for (let tries = 0; ; tries += 1) {
      const begun = performance.now()
      const answer = await fetch(this.url + path, { ...init, headers: authorized }).catch((error) =>
        fail('the service', 'to answer', `${error.cause?.message}; ${tail(this.log)}`))
      const text = await answer.text()
      const took = performance.now() - begun
      const body = /json/.test(answer.headers.get('content-type')) ? JSON.parse(text) : text
      if (answer.status !== 503 || tries === 3) return { status: answer.status, headers: answer.headers, body, took }
      await pause(Number(answer.headers.get('retry-after')) * 1000)
    }
  }

  /** Whether a token opens the door. */
  knock(token) {
    return this.ask('/v1/me', token)
  }

  /** The slowest answer to a sound token since then. */
  slowest(since) {
    return quantile(this.healthy.filter(({ at }) => at >= since).map(({ took }) => took), 1)
  }

  /** Asks for what must be answered with 200; returns the body. */
  async good(what, path, token, init) {
    const answer = await this.ask(path, token, init)
    expect(`${what}, ${path} (${JSON.stringify(answer.body).slice(0, 300)})`, 200, answer.status)
    return answer.body
  }

  /** Asks for what must be refused with this status and code. */
  async refused(what, path, token, status, code, init) {
    const { status: there, body } = await this.ask(path, token, init)
    expect(`${what}, ${path}`, `${status} ${code}`, `${there} ${body.code}`)
  }

  /** A stranger's answer is the same for everyone; why, only the log says, and it must be `reason`. */
  async stranger(what, token, reason) {
    const { status, headers, body } = await this.knock(token)
    expectStranger(what, status, headers, body)
    const isIt = ({ rejected, span }) => rejected && span.request_id === body.request_id
    const { rejected } = await until(`the log says why ${what} was refused`, 5, () => this.log.find(isIt), 5)
    expect(`why ${what} was refused`, reason, rejected)
  }

  /** What the log says of this issuer's keys. */
  warnings(issuer) {
    return this.log.filter((line) => line.level === 'WARN' && line.issuer === issuer).map((line) => line.problem)
  }
}

export function expectStranger(what, status, headers, body) {
  const challenge = /^Bearer\b/.test(headers.get('www-authenticate'))
  expect(`${what}: status, type, code, status again, WWW-Authenticate: Bearer`,
    [401, 'application/problem+json', 'unauthenticated', 401, true],
    [status, headers.get('content-type'), body.code, body.status, challenge])
}
