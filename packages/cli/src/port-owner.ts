import { createServer } from 'node:net'

const answerLimitMs = 1000

/** Who listens on a port: nobody, a server of ours (it answers MCP or operations), or another program. */
export async function portOwner(host: string, port: number): Promise<'nobody' | 'postern' | 'other'> {
  if (await isFree(host, port)) return 'nobody'
  const answers = await Promise.all(['/healthz', '/'].map((path) => text(`http://${host}:${port}${path}`)))
  return answers[0] === 'ok\n' || answers[1]?.includes('The MCP endpoint is') ? 'postern' : 'other'
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

async function text(url: string): Promise<string> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(answerLimitMs) })).text()
  } catch {
    return ''
  }
}
