// Before the page is drawn: tell the styles that scripts run.
document.documentElement.classList.add("js-enabled");
