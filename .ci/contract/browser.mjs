// Opens a service of its own in a browser: the documentation, where somebody authorizes and tries an operation; pages
// of other origins that call the API; what each problem means; the pages on a phone too. SERVICE is the program,
// SCREENSHOTS a folder for what was seen, CHROMIUM the browser. The first failure ends it.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { chromium } from 'playwright-core'

const { SERVICE, SCREENSHOTS, CHROMIUM = '/usr/bin/chromium' } = process.env
if (!SERVICE || !SCREENSHOTS) throw new Error('SERVICE and SCREENSHOTS are to be set')
const [CALLER_LIMIT, PHONE_WIDTH] = [60, 390]
const NAME = 'coaching.test' // of a host: on this machine, Swagger UI does not do all that it does elsewhere
const PHONE = { viewport: { width: PHONE_WIDTH, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
const BROWSER = {
  executablePath: CHROMIUM, chromiumSandbox: process.getuid() !== 0,
  args: ['--disable-background-networking', '--disable-component-update', '--no-first-run',
    `--host-resolver-rules=MAP ${NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`], // and nothing else is reached
  // By itself it ends this program with the first signal, and the service would be left running.
  handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
}

class Unexpected extends Error {}
function expect(what, expected, there, holds = JSON.stringify(expected) === JSON.stringify(there)) {
  const say = (it) => `${typeof it === 'string' ? it : JSON.stringify(it)}`.replace(/\s+/g, ' ').slice(0, 999)
  if (!holds) throw new Unexpected(`${what}\n  expected: ${say(expected)}\n  there was: ${say(there)}`)
}
const expectProblem = ({ status, body, refused }, ...expected) =>
  expect('a readable problem', expected, refused ?? [status, body?.code])
const expectAlone = ({ requests, troubles }, url) => expect('requests to others; errors and violations', [[], []],
  [requests.filter((one) => new URL(one).origin !== url), troubles])
const picture = (page, name) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
const words = (text) => text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
const at = { check: 'the start' } // where it is
async function check(name, look, visitor, ...more) {
  [at.check, at.page] = [name, visitor.page]
  console.log(`ok ${name}: ${await look(visitor, ...more)}`)
}

/** Waits for something to be seen on a page; a failure tells what is seen there instead. */
async function seen(locator, what) {
  await locator.first().waitFor().catch(async () =>
    expect(what, 'to be seen', await locator.page().locator('body').innerText(), false))
  return locator.first()
}

async function startService(origin) {
  const project = mkdtempSync(join(tmpdir(), 'company-'))
  const limits = ['--caller-limit', `${CALLER_LIMIT}/60s`, '--organization-limit', 'off', '--address-limit', 'off']
  const dev = ['dev', '--project', project, '--listen', '127.0.0.1:0', '--cors-origins', origin, ...limits]
  // Node gives it the usual answer to each signal; in a group of its own, it hears of ctrl-c from us alone.
  const child = spawn(SERVICE, dev, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code, (error) => error.message)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].on('data', (piece) => { said[name] += piece })
  const stop = async () => {
    if (child.pid !== undefined) child.kill('SIGINT') // without one, it would be our own group that is signalled
    const code = await ended
    const home = said.stderr.match(/^Starting PostgreSQL in (.*) …$/m)?.[1] // for root it is outside of the project
    for (const folder of [home, project]) if (folder) rmSync(folder, { recursive: true, force: true })
    expect('the service, told to stop', 0, `${code}: ${said.stderr}`, code === 0)
  }
  const token = (who) => String(execFileSync(SERVICE, ['token', who, '--project', project])).trim()
  for (const began = Date.now(); child.exitCode === null && Date.now() - began < 60_000; await pause(50)) {
    const url = said.stdout.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0]
    if (url && (await fetch(`${url}/readyz`).catch(() => ({}))).ok) return { url, token, stop }
  }
  const why = await stop().catch((error) => error.message)
  throw new Unexpected(`the service did not become ready: ${why}`)
}

/** A page of an origin of its own, with a script that calls an API and tells all that it could read. */
async function startFrontEnd() {
  const html = `<!doctype html><title>A front end</title><h1>A front end</h1><script>
    window.call = (url, init) => fetch(url, init).then(async (answer) => {
      const { status, type } = answer, headers = Object.fromEntries(answer.headers), text = await answer.text()
      return { status, type, headers, body: text.startsWith('{') ? JSON.parse(text) : undefined }
    }, (error) => ({ refused: String(error) }))</script>`
  const server = createServer((_, answer) => answer.writeHead(200, { 'Content-Type': 'text/html' }).end(html))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close().closeAllConnections() }
}

/** A page, with every request that it makes and everything that goes wrong in it. */
async function openVisitor(browser, options) {
  const context = await browser.newContext(options)
  const [requests, troubles] = [[], []]
  context.setDefaultTimeout(20_000)
  context.on('request', (request) => requests.push(request.url()))
  context.on('console', (line) => line.type() === 'error' && troubles.push(`console: ${line.text()}`))
  context.on('weberror', (error) => troubles.push(`script: ${error.error().message}`))
  await context.exposeBinding('violated', (_, what) => troubles.push(`policy: ${what}`))
  await context.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
    window.violated(`${event.effectiveDirective} refuses ${event.blockedURI}`)))
  return { page: await context.newPage(), requests, troubles }
}

/** Compares with the phone itself, for `innerWidth` may grow with what is too wide; names what is. */
async function expectNarrow(page, what) {
  const [laidOut, needs] = await page.evaluate((width) => {
    const { body, documentElement } = document
    const cut = (one) => one !== body && (getComputedStyle(one).overflowX !== 'visible' || cut(one.parentElement))
    const edge = (one, { left, right } = one.getBoundingClientRect()) =>
      Math.round(Math.max(right, left + one.scrollWidth))
    const name = ({ localName, id, classList }) => [localName + (id && `#${id}`), ...classList].join('.')
    const wide = [body, ...body.querySelectorAll('*')].filter((one) => edge(one) > width && !cut(one))
    const innermost = wide.filter((one) => !wide.some((other) => other !== one && one.contains(other)))
    const named = innermost.map((one) => `${name(one.parentElement)} > ${name(one)} as far as ${edge(one)} px`)
    return [documentElement.clientWidth, { scrolls: documentElement.scrollWidth, wide: named.slice(0, 5) }]
  }, PHONE_WIDTH)
  expect(`${what}: what it is laid out for, as <meta name="viewport"> tells`, PHONE_WIDTH, laidOut)
  expect(`${what}: its width`, { scrolls: PHONE_WIDTH, wide: [] }, needs)
}

async function openOperation(page, id) {
  const operation = page.locator(`#operations-${id}`)
  await operation.locator('.opblock-summary-control').click()
  await seen(operation.getByRole('button', { name: 'Execute' }), 'Execute, without a press on "Try it out"')
  await operation.evaluate((element) => element.scrollIntoView())
  return operation
}

async function seeDocs({ page, ...happened }, url, { paths, webhooks }, name = 'docs-desktop') {
  const answer = await page.goto(`${url}/docs`)
  expect('where /docs leads to', `${url}/docs/`, answer.url())
  const many = Object.values({ ...paths, ...webhooks }).flatMap(Object.values).filter((one) => one.operationId).length
  await page.waitForFunction((many) => document.querySelectorAll('.opblock').length === many, many)
    .catch(async () => expect('operations', many, await page.locator('.opblock').count()))
  await picture(page, name)
  const { 'content-security-policy': policy = '', 'x-content-type-options': sniffing } = answer.headers()
  const lacks = ["default-src 'self'", "frame-ancestors 'none'"].filter((one) => !policy.split(/; */).includes(one))
  expect(`what the content-security-policy lacks (${policy})`, [], lacks)
  expect('x-content-type-options', 'nosniff', sniffing)
  expectAlone(happened, url)
  return `${many} operations; ${happened.requests.length} requests, all to here; no errors; nothing violates ${policy}`
}

async function seeProse({ page }, { info, tags }) {
  const read = async (where) => words(await (await seen(page.locator(where), where)).innerText())
  expect('the guide', words(info.description), await read('.info .description'))
  for (const { name, description = 'some prose' } of tags) {
    expect(`the prose of ${name}`, words(description), await read(`#operations-tag-${name} small`))
  }
  return `a guide of ${words(info.description).split(' ').length} words; prose for each of ${tags.length} tags`
}

async function tryGetMe({ page, ...happened }, url, token) {
  await page.locator('.scheme-container').getByRole('button', { name: 'Authorize' }).click()
  const dialog = await seen(page.locator('.dialog-ux .modal-ux'), 'a place for a token')
  await dialog.getByRole('textbox').fill(token)
  await dialog.getByRole('button', { name: 'Apply credentials' }).click()
  await dialog.getByRole('button', { name: 'Close' }).first().click()
  const operation = await openOperation(page, 'members-get_me')
  await operation.getByRole('button', { name: 'Execute' }).click()
  // The example beneath names Ana too: only the table of live answers counts.
  const live = await seen(operation.locator('.live-responses-table .response'), 'an answer')
  expect('the status shown', '200', (await live.locator('.response-col_status').innerText()).trim().slice(0, 3))
  const me = JSON.parse(await (await seen(live.locator('.highlight-code code'), 'the body of the answer')).innerText())
  expect('who the answer says she is', ['ana', 'Ana Silva'], [me.external_id, me.name])
  await operation.locator('.request-url').evaluate((element) => element.scrollIntoView())
  await picture(page, 'docs-desktop-answer')
  expectAlone(happened, url)
  return `status 200, ${me.name} of ${me.organization.name}, ${Object.keys(me).length} keys`
}

async function seeDocsOnPhone(visitor, url, document) {
  await seeDocs(visitor, url, document, 'docs-phone')
  await expectNarrow(visitor.page, '/docs/')
  for (const id of ['members-get_me', 'members-list_members']) {
    await openOperation(visitor.page, id)
    await picture(visitor.page, `docs-phone-${id}`)
    await expectNarrow(visitor.page, `/docs/ with ${id} open`)
  }
  expectAlone(visitor, url)
  return `not wider than ${PHONE_WIDTH} px, nor with get_me and list_members open`
}

/** Of preflights, only the browser's network tells: neither pages nor Playwright do. */
async function openFrontEnd(browser, { origin }, url) {
  const [page, preflights] = [await browser.newPage(), []]
  const network = await page.context().newCDPSession(page)
  await network.send('Network.enable')
  network.on('Network.requestWillBeSent', ({ request: { method, headers } }) => method === 'OPTIONS'
    && preflights.push(`${headers['Access-Control-Request-Method']} ${headers['Access-Control-Request-Headers']}`))
  await page.goto(origin)
  const plain = (path, init) => page.evaluate(([url, init]) => window.call(url, init), [url + path, init])
  const call = (token, { headers, ...more } = {}) =>
    plain('/v1/me', { ...more, headers: { Authorization: `Bearer ${token}`, ...headers } })
  const patch = (token, tag, change) => call(token, { method: 'PATCH', body: JSON.stringify(change),
    headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': tag } })
  return { page, preflights, plain, call, patch }
}

async function callAsListed({ preflights, call, patch }, token) {
  expectProblem(await patch(token, '"stale"', { languages: ['pt'] }), 412, 'stale')
  expect('preflights of it', ['PATCH authorization,content-type,if-match'], preflights)
  const me = await call(token)
  expect('GET /v1/me', [200, 'Ana Silva'], me.refused ?? [me.status, me.body?.name])
  for (const name of ['etag', 'x-request-id', 'ratelimit']) expect(name, 'readable', me.headers, name in me.headers)
  const changed = await patch(token, me.headers.etag, { languages: ['pt'] })
  expect('PATCH /v1/me', [200, ['pt']], changed.refused ?? [changed.status, changed.body?.languages])
  expectProblem(await patch(token, me.headers.etag, { languages: ['en'] }), 412, 'stale')
  expectProblem(await patch(token, changed.headers.etag, { time_zone: 'Nowhere' }), 422, 'invalid')
  expectProblem(await call('bad'), 401, 'unauthenticated')
  const read = `read ETag, X-Request-Id, RateLimit ${me.headers.ratelimit}, 412 stale, 422 invalid, 401 unauthenticated`
  return `${preflights.length} preflights passed, the first for ${preflights[0]}; ${read}`
}

async function useUpLimit({ call }, token) {
  let [answer, sent] = [{ status: 200 }, 0]
  // Without its cache, or the browser might ask for changes alone: a 304 costs nothing.
  for (; answer.status === 200 && sent < 2 * CALLER_LIMIT; sent += 1) answer = await call(token, { cache: 'no-store' })
  expectProblem(answer, 429, 'too_many_requests')
  const after = answer.headers['retry-after']
  expect('Retry-After', 'seconds', after, /^[1-9]\d*$/.test(after))
  return `429 too_many_requests for request ${sent} with a limit of ${CALLER_LIMIT}, Retry-After ${after}`
}

async function callAsUnlisted({ plain, call, patch }, url, token) {
  const me = async () => (await fetch(`${url}/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).headers
  const before = (await me()).get('etag')
  expect('what can be reached, though not read', 'opaque', (await plain('/openapi.json', { mode: 'no-cors' })).type)
  const change = { languages: ['en'] }
  const tries = [await plain('/openapi.json'), await call(token), await call('bad'), await patch(token, before, change)]
  expect('what it could read', [], tries.filter((one) => !one.refused?.startsWith('TypeError')))
  expect('the ETag after its PATCH', before, (await me()).get('etag'))
  return `${tries.length} calls, all refused by the browser; nothing was changed`
}

async function seeProblems({ page, ...happened }, url, { components }) {
  const codes = [...components.responses.Problem.description.matchAll(/`([a-z_]+)` \((\d{3})\)/g)]
  const met = ['stale', 'invalid', 'unauthenticated', 'too_many_requests']
  expect('codes met above, and not listed', [], met.filter((one) => codes.every(([, code]) => code !== one)))
  for (const [, code, status] of codes) {
    const here = `/problems/${code}`
    expect(here, 200, (await page.goto(url + here)).status())
    const [lang, title, heading, advice, all, example] = await page.evaluate(() => [
      ...[document.documentElement.lang, document.title],
      ...['h1', 'h1 ~ p:not(:has(a))'].map((one) => document.querySelector(one)?.innerText ?? ''),
      ...['h1, h2, p', 'pre'].map((some) => [...document.querySelectorAll(some)].map((one) => one.innerText).join('\n'))])
    expect(`${here}: language and title`, ['en', `${code}: ${heading}`], [lang, title])
    expect(`${here}: heading and advice`, 'words', [heading, advice], Boolean(words(heading) && words(advice)))
    expect(`${here}: text`, `${status}, and no marks left over`, all, all.includes(status) && !/`|&\w+;/.test(all))
    expect(`${here}: example`, `an answer of ${status} with its code`, example,
      example.includes(`HTTP/1.1 ${status}`) && example.includes(`"code": "${code}"`))
    await expectNarrow(page, here)
  }
  expectAlone(happened, url)
  return `${codes.length} codes, each with a language, a title, a heading and advice, and not wider than a phone`
}

async function pictureProblem({ page }, name, url) {
  await page.goto(`${url}/problems/stale`)
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme })
    await picture(page, `problem-${name}-${colorScheme}`)
  }
}

async function checkAll(browser, { url, token }, listed, unlisted) {
  const site = url.replace('127.0.0.1', NAME)
  const document = await (await fetch(`${url}/openapi.json`)).json()
  const desk = await openVisitor(browser, { viewport: { width: 1280, height: 900 } })
  await check('documentation', seeDocs, desk, site, document)
  await check('guide', seeProse, desk, document)
  await check('trying it', tryGetMe, desk, site, token('ana'))
  const here = await openFrontEnd(browser, listed, url)
  await check('a front end that is listed', callAsListed, here, token('ana'))
  await check('the limit of its caller', useUpLimit, here, token('ben'))
  const elsewhere = await openFrontEnd(browser, unlisted, url)
  await check('a front end that is not listed', callAsUnlisted, elsewhere, url, token('ana'))
  const hand = await openVisitor(browser, PHONE)
  await check('problems', seeProblems, hand, site, document)
  await pictureProblem(desk, 'desktop', site)
  await pictureProblem(hand, 'phone', site)
  await check('documentation on a phone', seeDocsOnPhone, hand, site, document)
}

const running = []
const run = async (starting) => running[running.push(await starting) - 1]
const fail = (error) => {
  console.error(`${at.check}: ${error instanceof Unexpected ? error.message : error.stack}`)
  process.exitCode = 1
}
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
try {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const [listed, unlisted] = [await run(startFrontEnd()), await run(startFrontEnd())]
  const service = await run(startService(listed.origin))
  const browser = await run(chromium.launch(BROWSER))
  const signal = await Promise.race([interrupted, checkAll(browser, service, listed, unlisted)])
  if (signal) throw new Unexpected(`ended by ${signal[0]}`)
} catch (error) {
  if (at.page) await picture(at.page, 'failed').catch(() => {})
  fail(error)
}
at.check = 'the end'
const ends = await Promise.allSettled(running.map((one) => (one.stop ?? one.close).call(one)))
for (const { reason } of ends) if (reason) fail(reason)
