import type { Socket } from 'node:net'

/**
 * Takes one message off the socket: collects bytes until `read` finds it. Resolves with the message and the bytes that
 * came after it; the socket is left paused. Rejects when the peer leaves or `read` throws.
 */
export function takeMessage<T>(
  socket: Socket,
  read: (bytes: Buffer) => { message: T; length: number } | null,
): Promise<{ message: T; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const finish = (): void => {
      socket.off('data', take).off('close', leave)
      socket.pause()
    }
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      try {
        const found = read(bytes)
        if (found === null) return
        finish()
        resolve({ message: found.message, rest: bytes.subarray(found.length) })
      } catch (error) {
        finish()
        reject(error)
      }
    }
    const leave = (): void => reject(new Error('the peer left'))
    socket.on('data', take).on('close', leave)
    socket.resume()
  })
}
