# SPDX-License-Identifier: MIT
# Placeholder: the build rules come with the next commits.
