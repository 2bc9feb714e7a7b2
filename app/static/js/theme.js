/** Light or dark, as this machine's person chose it, else as the system is; before the page is drawn, so that nothing flashes. No module: it must run at once. */
(() => {
  const KEY = "couchtill.theme";
  const apply = () => {
    const theme = localStorage.getItem(KEY);
    const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", dark ? "#18201d" : "#ffffff");
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-checked", String(button.getAttribute("data-theme-choice") === (theme ?? "")));
    }
  };
  apply();
  addEventListener("DOMContentLoaded", apply);
  addEventListener("storage", (event) => event.key === KEY && apply());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-theme-choice]") : null;
    if (!button) return;
    const choice = button.getAttribute("data-theme-choice");
    if (choice) localStorage.setItem(KEY, choice);
    else localStorage.removeItem(KEY);
    apply();
  });
})();
