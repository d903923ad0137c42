// oidc-provider warns of what only a production has to care for, partly while it is being imported: this comes first.
for (const level of ['info', 'warn']) {
  const say = console[level]
  console[level] = (text, ...more) => String(text).includes('oidc-provider ') || say(text, ...more)
}
