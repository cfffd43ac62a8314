#include "tests/language/tile_configuration.h"

#include <gtest/gtest.h>
#include <setjmp.h>
#include <ucontext.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>

namespace clipwright::language {
namespace {

sigjmp_buf after_load;
TileConfiguration caught;
volatile std::sig_atomic_t understood = 0;

/// Reads the memory operand of the `ldtilecfg` that was illegal.
void on_illegal_instruction(int, siginfo_t*, void* context) {
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* at = reinterpret_cast<const uint8_t*>(registers[REG_RIP]);
  // VEX.128.NP.0F38.W0 49 /0 with a plain base register, or one behind a SIB byte without an index.
  constexpr std::array kBases = {REG_RAX, REG_RCX, REG_RDX, REG_RBX,
                                 REG_RSP, REG_RBP, REG_RSI, REG_RDI};
  const bool load = at[0] == 0xC4 && at[1] == 0xE2 && at[2] == 0x78 && at[3] == 0x49;
  const int mode = at[4] >> 6, low = at[4] & 7;
  const uint8_t* rest = at + 5;
  const int base = low == 4 ? rest[0] & 7 : low;
  if (low == 4) ++rest;
  if (load && (at[4] & 0x38) == 0 && mode < 3 && !(mode == 0 && low == 5)) {
    int64_t offset = 0;
    if (mode == 1) offset = static_cast<int8_t>(rest[0]);
    if (mode == 2) {
      int32_t wide;
      std::memcpy(&wide, rest, sizeof wide);
      offset = wide;
    }
    std::memcpy(
        &caught,
        reinterpret_cast<const void*>(registers[kBases[static_cast<std::size_t>(base)]] + offset),
        sizeof caught);
    understood = 1;
  }
  siglongjmp(after_load, 1);
}

TEST(TileConfiguration, AllOfItReachesTheProcessor) {
  struct sigaction action {
  }, before{};
  action.sa_sigaction = on_illegal_instruction;
  action.sa_flags = SA_SIGINFO;
  ASSERT_EQ(::sigaction(SIGILL, &action, &before), 0);
  if (sigsetjmp(after_load, 1) == 0) {
    load_tile_configuration();  // a machine with AMX comes back from it
    caught = stored_tile_configuration();
    understood = 1;
  }
  ::sigaction(SIGILL, &before, nullptr);
  ASSERT_EQ(understood, 1) << "another instruction than the load was illegal";
  TileConfiguration wanted;
  fill(wanted);
  EXPECT_EQ(caught.palette, wanted.palette);
  EXPECT_EQ(caught.row_bytes, wanted.row_bytes);
  EXPECT_EQ(caught.rows, wanted.rows);
  EXPECT_EQ(std::memcmp(&caught, &wanted, sizeof wanted), 0);
}

}  // namespace
}  // namespace clipwright::language
