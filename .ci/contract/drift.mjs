// Has redocly compare what was asked and answered with the document: node drift.mjs REDOCLY DOCUMENT CATALOGUE FOLDER. The
// folder holds what the tests have kept (*.ndjson, an entry of a HAR a line) and what a proxy has recorded (*.har).
// Fails where anything differs, an operation was never met, less than nine in ten of the statuses that the document
// names, or not every code of the catalogue.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [redocly, document, catalogue, folder] = process.argv.slice(2)
const scratch = mkdtempSync(join(tmpdir(), 'drift-'))
process.on('exit', () => rmSync(scratch, { recursive: true }))

// Asked by hand, over a socket: no client would send a body so slowly.
const BY_HAND = ['too_slow']

function entries() {
  return readdirSync(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    if (name.endsWith('.ndjson')) return text.split('\n').filter(Boolean).map((line) => JSON.parse(line))
    return name.endsWith('.har') ? JSON.parse(text).log.entries.filter(described) : []
  })
}

// What browsers ask beforehand, HEAD, the pages, and the clock of `dev` are not of the document.
const described = ({ request }) =>
  !['OPTIONS', 'HEAD'].includes(request.method) && !/^\/(docs|dev|openapi\.json)/.test(new URL(request.url).pathname)

// The service answers at the root of whichever host: there it is compared.
function judged(name, kept, more = []) {
  const [traffic, report] = [join(scratch, `${name}.har`), join(scratch, `${name}.json`)]
  writeFileSync(traffic, JSON.stringify({ log: { version: '1.2', creator: { name: 'tests', version: '1' }, entries: kept } }))
  const given = ['drift', traffic, '--api', document, '--match-mode', 'basepath', '--min-severity', 'warning', '--format', 'json', '-o', report]
  try {
    execFileSync(redocly, [...given, ...more], { stdio: 'pipe' })
  } catch (failed) {
    if (failed.status !== 1) throw new Error(String(failed.stderr)) // 1: it has found something
  }
  return JSON.parse(readFileSync(report, 'utf8')).problems
}

const all = entries()
const wasRefused = ({ response }) => response.status >= 400 && response.status < 500
const coverage = join(scratch, 'coverage.json')
// What is wrong in a request that was refused is no difference, in its answer it is.
const differences = [
  ...judged('accepted', all.filter((entry) => !wasRefused(entry))),
  ...judged('all', all, ['--coverage', '--coverage-output', coverage]).filter(({ target }) => target !== 'request'),
]
for (const { severity, message, operationId, status, dataPath } of differences) {
  console.error(`${severity}: ${operationId ?? ''} ${status}: ${message} ${dataPath ?? ''}`)
}

const { totals, operations } = JSON.parse(readFileSync(coverage, 'utf8'))
const never = operations.flatMap(({ operationId, missing }) =>
  missing.filter(({ kind }) => kind === 'response').map(({ status }) => `${operationId} ${status}`))
const codeOf = ({ response }) => {
  if (!response.content.mimeType.startsWith('application/problem+json')) return []
  return [JSON.parse(response.content.text).code]
}
const met = new Set([...all.flatMap(codeOf), ...BY_HAND])
const codes = [...readFileSync(catalogue, 'utf8').matchAll(/^ {4}\w+ "([a-z_]+)" [A-Z_]+ "/gm)].map(([, code]) => code)
const unmet = codes.filter((code) => !met.has(code))

const of = ({ covered, total }) => `${covered} of ${total}`
console.log(`redocly: ${all.length} exchanges of many, ${differences.length} differ from the document; operations `
  + `${of(totals.operations)}, statuses ${of(totals.responses)}, codes ${codes.length - unmet.length} of ${codes.length}`)
if (never.length > 0) console.log(`never met: ${never.join(', ')}`)
if (unmet.length > 0) console.error(`codes that no test has produced: ${unmet.join(', ')}`)
const enough = totals.operations.covered === totals.operations.total && totals.responses.covered >= 0.9 * totals.responses.total
if (differences.length > 0 || unmet.length > 0 || codes.length < 50 || !enough) process.exitCode = 1
