// Measures a page with Lighthouse several times, and prints each run's scores as JSON.
//   CHROME_PATH=… node measure.mjs URL desktop|mobile RUNS [COOKIE]

import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const [url, form, runs, cookie] = process.argv.slice(2);
const CATEGORIES = ["performance", "accessibility", "best-practices"];
const WAIT_MS = 10_000;

const chrome = await launch({
  chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"],
});
const found = [];
try {
  for (let run = 0; run < Number(runs); run += 1) {
    const flags = {
      port: chrome.port,
      logLevel: "error",
      onlyCategories: CATEGORIES,
      // A page's stream stays open: the network is never quiet, however long it waits.
      maxWaitForLoad: WAIT_MS,
      extraHeaders: cookie ? { Cookie: cookie } : {},
    };
    const config = form === "desktop" ? desktopConfig : undefined;
    const { lhr } = await lighthouse(url, flags, config);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    const scores = {};
    const missed = [];
    for (const name of CATEGORIES) {
      scores[name] = Math.round(lhr.categories[name].score * 100);
      for (const { id, weight } of lhr.categories[name].auditRefs) {
        const { score, title, displayValue } = lhr.audits[id];
        if (weight && score !== null && score < 0.9)
          missed.push(`${name}: ${title}${displayValue ? ` (${displayValue})` : ""}`);
      }
    }
    found.push({ address: lhr.finalDisplayedUrl, scores, missed });
  }
} finally {
  chrome.kill();
}
console.log(JSON.stringify(found));
