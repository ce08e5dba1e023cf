// nodemailer's pool: node nodemailer_pool.js FOLDER PORT N CONNECTIONS DIGEST
const [folder, port, messages, connections, digest] = process.argv.slice(2);
const nodemailer = require(require('path').join(folder, 'node_modules', 'nodemailer'));
const parts = JSON.parse(require('fs').readFileSync(digest));
const relay = nodemailer.createTransport({
  host: '127.0.0.1', port: Number(port), pool: true, maxConnections: Number(connections), maxMessages: Infinity,
  secure: false, ignoreTLS: true,
});

function message(number) {
  const leave = `https://news.example/u/${String(number).padStart(30, '0')}`;
  const places = {
    name: `Reader ${number}`, unsubscribe: leave, view: 'https://news.example/v/42',
    preferences: `https://news.example/p/${String(number).padStart(30, '0')}`,
  };
  const personal = (text) => text.replace(/\{\{ (\w+) \}\}/g, (_, name) => places[name]);
  return {
    from: 'Meridian <ctw@news.example>', to: `Reader ${number} <r${number}@readers.example>`,
    subject: parts.subject, text: personal(parts.text), html: personal(parts.html),
    messageId: `<${number}@news.example>`, headers: {'List-Unsubscribe': `<${leave}>`},
  };
}

async function main() {
  let next = 0;
  const one = async () => { while (next < Number(messages)) await relay.sendMail(message(next++)); };
  await Promise.all(Array.from({length: Number(connections) * 2}, one));
  relay.close();
}

main();
