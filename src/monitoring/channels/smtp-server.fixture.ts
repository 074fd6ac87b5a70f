import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** As much of SMTP (RFC 5321) as one message needs, on loopback. */
export class SmtpServer {
  /** Each message as it came, headers and all. */
  readonly messages: string[] = [];
  readonly recipients: string[] = [];
  /** Where it stops to answer. */
  hangsAt: 'greeting' | 'DATA' | undefined;
  /** Refuses recipients with 550. */
  refuses = false;
  connections = 0;
  /** Called at each line that it does not answer. */
  onHang: () => void = () => undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => this.#serve(socket));

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `smtp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((done) => this.#server.close(() => done()));
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    if (this.hangsAt === 'greeting') {
      this.onHang();
      return;
    }
    socket.write('220 loopback ESMTP\r\n');
    let text = '';
    let isData = false;
    socket.on('data', (chunk) => {
      text += chunk.toString();
      for (let end = this.#end(text, isData); end >= 0; end = this.#end(text, isData)) {
        const part = text.slice(0, end);
        text = text.slice(end + (isData ? 5 : 2));
        if (isData) this.messages.push(part);
        const answer = isData ? '250 taken' : this.#answer(part);
        isData = !isData && part === 'DATA';
        if (answer === undefined) return this.onHang();
        socket.write(`${answer}\r\n`);
        if (part === 'QUIT') socket.end();
      }
    });
  }

  #end(text: string, isData: boolean): number {
    return text.indexOf(isData ? '\r\n.\r\n' : '\r\n');
  }

  #answer(line: string): string | undefined {
    if (line === 'DATA') return this.hangsAt === 'DATA' ? undefined : '354 go on';
    if (line.startsWith('RCPT')) {
      if (this.refuses) return '550 no such person';
      this.recipients.push(line.replace(/^RCPT TO:/, ''));
    }
    return line === 'QUIT' ? '221 bye' : '250 ok';
  }
}
